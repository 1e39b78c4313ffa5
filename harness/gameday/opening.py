"""Sets the stage for a real game day: the team's account, its repository on GitHub, its site.

with open_stage(plan, SiteAt(folder, settings), scratch=directory) as stage: ...
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from harness.checks.release import known_hashes
from harness.errors import ConfigError
from harness.fitting import site_incidents
from harness.gameday.aws import Account
from harness.gameday.expected import SiteAt
from harness.gameday.github import GitHub, find_token
from harness.gameday.plan import Plan
from harness.gameday.stage import Stage

#: Seconds that GitHub and viewers may be kept waiting.
TIMEOUT = 10.0


@contextmanager
def open_stage(plan: Plan, site: SiteAt, *, scratch: Path, github: bool = True) -> Iterator[Stage]:
    """Everything that the day needs; nothing is changed.

    Args:
        plan: of the day.
        site: the site's repository on this machine.
        scratch: a folder for a checkout of the release.
        github: False where nobody is to look at GitHub.

    Raises:
        ConfigError: plan and site do not fit together.
    """
    if plan.environment not in site.settings.environments:
        raise ConfigError(
            file="plan",
            key="environment",
            value=plan.environment,
            expected="one of the site's, " + ", ".join(site.settings.environments),
        )
    release = site.release(plan.release)
    expected = site.expected(release, scratch)
    with (
        Account(plan.aws.region, profile=plan.aws.profile) as account,
        httpx.Client(timeout=TIMEOUT) as http,
        httpx.Client(timeout=TIMEOUT) as viewer,
    ):
        yield Stage(
            plan=plan,
            settings=site.settings,
            catalogue=site_incidents(site.folder, site.settings),
            aws=account,
            github=GitHub(site.settings.site.repository, token=find_token(), http=http)
            if github
            else None,
            http=viewer,
            expected=expected,
            url=plan.url.rstrip("/"),
            new_id=lambda: secrets.token_hex(4),
            known=known_hashes([expected]),
            folder=site.folder,
            tree=scratch / release.commit,
        )
