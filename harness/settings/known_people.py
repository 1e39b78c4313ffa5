"""That the people and teams which settings name are those that settings know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.errors import ConfigError
from harness.settings.people import PeopleSection, TeamSection
from harness.settings.sections import SiteSettings


def check_people(settings: SiteSettings, file: Path) -> None:
    """Every person and team that is named is there.

    Raises:
        ConfigError: one is not; names file, key and value.
    """
    _check_teams(settings, file)
    organisation = settings.site.repository.partition("/")[0]
    people = settings.people
    teams = people.teams if people else {}
    known = set(_handles(people)) if people else None
    for name, environment in settings.environments.items():
        for number, reviewer in enumerate(environment.reviewers):
            key = f"environments.{name}.reviewers.{number}"
            owner, slash, slug = reviewer.removeprefix("@").partition("/")
            if not slash:
                if known is not None and owner.lower() not in known:
                    raise ConfigError(
                        file=file,
                        key=key,
                        value=reviewer,
                        expected="somebody who is in [people]: an owner, a member or in a team",
                        hint=f'add {owner} = "read" to [people.members], or correct the name',
                    )
            elif owner.lower() != organisation.lower() or slug.lower() not in teams:
                raise ConfigError(
                    file=file,
                    key=key,
                    value=reviewer,
                    expected=_listed("a team of the organisation", organisation, teams),
                    hint=f"add [people.teams.{slug.lower()}]",
                )


def _check_teams(settings: SiteSettings, file: Path) -> None:
    teams = settings.people.teams if settings.people else {}
    for slug, team in teams.items():
        key = f"people.teams.{slug}.parent"
        above: list[str] = [slug]
        at = team.parent
        while at is not None:
            if at not in teams:
                raise ConfigError(
                    file=file, key=key, value=at, expected="one of the teams " + ", ".join(teams)
                )
            if at in above:
                circle = " is below ".join([*above, at])
                raise ConfigError(
                    file=file,
                    key=key,
                    value=team.parent,
                    expected=f"a team that is not below this one ({circle})",
                )
            above.append(at)
            at = teams[at].parent
        if team.secret and (team.parent or any(one.parent == slug for one in teams.values())):
            # https://docs.github.com/en/organizations/organizing-members-into-teams/about-teams#team-visibility
            raise ConfigError(
                file=file,
                key=f"people.teams.{slug}.secret",
                value=True,
                expected="false: a secret team has no team above or below it",
            )


def _handles(people: PeopleSection) -> Iterator[str]:
    for handle in (
        *people.owners,
        *people.members,
        *(member for team in people.teams.values() for member in team.members),
    ):
        yield handle.lower()


def _listed(what: str, organisation: str, teams: Mapping[str, TeamSection]) -> str:
    if not teams:
        return f"{what}, and [people.teams] names none"
    return f"{what}: " + ", ".join(f"{organisation}/{slug}" for slug in teams)
