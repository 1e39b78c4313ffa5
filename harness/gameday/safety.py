"""Why a game day may not begin. Each rule is one function; none of them can be turned off.

    refusals = refused(plan, settings, account)       # one line each; empty: it may begin

What is asked of the world (is the site healthy, is everything captured) is asked in the course of the
day itself, before anything is changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from botocore.exceptions import BotoCoreError, ClientError

from harness.gameday.aws import Account
from harness.gameday.plan import ALLOWED, Plan
from harness.settings import SiteSettings

_PRODUCTION = re.compile(r"(^|[^a-z])(prod|production)([^a-z]|$)", re.IGNORECASE)


def refused(plan: Plan, settings: SiteSettings, account: Account) -> list[str]:
    """Every reason not to begin, production first; AWS is not asked about what is production."""
    production = list(is_production(plan, settings))
    if production:
        return production
    return [
        *wrong_account(plan, account),
        *wrong_region(plan, account),
        *not_allowed(plan, account),
        *wrong_site(plan, settings, account),
    ]


def is_production(plan: Plan, settings: SiteSettings) -> Iterator[str]:
    """What the plan is about may not be production, by any of its names."""
    section = settings.environments.get(plan.environment)
    if section is None:
        known = ", ".join(settings.environments)
        yield f"environment: the site has no {plan.environment}, only {known}"
        return
    names = {"environment": plan.environment, "its name on GitHub": section.name}
    for what, name in names.items():
        if _PRODUCTION.search(name):
            yield f"{what} is {name}: production is never broken on purpose"
    if section.production:
        yield f"environments.{plan.environment}.production is true: it is never broken on purpose"
    for name, other in settings.environments.items():
        listed = other.production or _PRODUCTION.search(name) or _PRODUCTION.search(other.name)
        if listed and name != plan.environment:
            if other.bucket == plan.aws.bucket:
                yield f"aws.bucket is {other.bucket}: that is the bucket of {name}"
            if plan.url.partition("://")[2].strip("/") == other.alias:
                yield f"url is {plan.url}: that is {name}"


def wrong_account(plan: Plan, account: Account) -> Iterator[str]:
    """The credentials are of the account in the plan."""
    found = account.id()
    if found != plan.aws.account:
        yield f"aws.account is {plan.aws.account}, the credentials are of {found}"


def wrong_region(plan: Plan, account: Account) -> Iterator[str]:
    """The bucket lies in the region in the plan."""
    found = _asked(lambda: account.region_of(plan.aws.bucket))
    if found != plan.aws.region:
        yield f"aws.region is {plan.aws.region}, the bucket {plan.aws.bucket}: {found}"


def not_allowed(plan: Plan, account: Account) -> Iterator[str]:
    """The owners of distribution and bucket have allowed game days, by a tag."""
    key, value = ALLOWED
    tagged: dict[str, Callable[[], object]] = {
        f"bucket {plan.aws.bucket}": lambda: account.tags_of_bucket(plan.aws.bucket).get(key)
    }
    if plan.aws.distribution:
        tagged[f"distribution {plan.aws.distribution}"] = lambda: account.tags_of_distribution(
            plan.aws.distribution
        ).get(key)
    for what, look in tagged.items():
        found = _asked(look)
        if found != value:
            told = f"is {found}" if found else "is missing"
            yield f"{what}: the tag {key}={value} {told}; its owner sets it to allow game days"


def wrong_site(plan: Plan, settings: SiteSettings, account: Account) -> Iterator[str]:
    """Distribution and bucket are those of the environment."""
    section = settings.environments[plan.environment]
    if section.bucket != plan.aws.bucket:
        yield (
            f"aws.bucket is {plan.aws.bucket}, environments.{plan.environment}.bucket is "
            f"{section.bucket}"
        )
    if section.serves == "website":
        if plan.aws.distribution:
            yield f"aws.distribution is {plan.aws.distribution}, and the bucket serves the site"
        return
    if not plan.aws.distribution:
        yield f"aws.distribution is empty, and CloudFront serves {plan.environment}"
        return
    found = _asked(
        lambda: account.cloudfront.get_distribution_config(Id=plan.aws.distribution)[
            "DistributionConfig"
        ]["Aliases"].get("Items", [])
    )
    if not isinstance(found, list) or section.alias not in found:
        yield (
            f"aws.distribution {plan.aws.distribution} serves {_told(found)}, not "
            f"{section.alias} (environments.{plan.environment}.alias)"
        )


def _asked(look: Callable[[], object]) -> object:
    try:
        return look()
    except (ClientError, BotoCoreError) as error:
        return f"AWS says: {error}"


def _told(found: object) -> str:
    return ", ".join(found) or "no alias" if isinstance(found, list) else str(found)
