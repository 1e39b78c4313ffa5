"""Who belongs to the organisation, and what each may do in the repository.

    membership = Membership("acme", owners={"boss"}, members={"octo-ops": "write"},
                            teams={"oncall": Team("oncall", members=("hub-ops",), role="write")})
    membership.role_of("Hub-Ops")           # "write", by the team
    membership.resolve("acme/oncall")       # {"hub-ops"}

Handles and teams are compared without case, as on GitHub.
https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Role = Literal["none", "read", "triage", "write", "maintain", "admin"]
#: The domain of the addresses that GitHub gives to everybody.
NO_REPLY = "users.noreply.github.com"
#: What a person may do, from the least to the most.
ROLES: tuple[Role, ...] = ("none", "read", "triage", "write", "maintain", "admin")


def at_least(role: str, wanted: Role) -> bool:
    """Whether who has one role may do what another takes."""
    return ROLES.index(_known(role)) >= ROLES.index(wanted)


@dataclass(frozen=True)
class Team:
    """A team of the organisation.

    Attributes:
        slug: by which it is mentioned: `@organisation/slug`.
        members: handles; those of the teams below it belong to it as well.
        parent: the slug of the team above it, whose access it has too; "" for none.
        role: what it was given in the repository.
        secret: only its own members see it, so nobody can name it as an owner of code.

    https://docs.github.com/en/organizations/organizing-members-into-teams/about-teams
    """

    slug: str
    members: tuple[str, ...] = ()
    parent: str = ""
    role: Role = "none"
    secret: bool = False


@dataclass(frozen=True)
class Membership:
    """An organisation's people, for one of its repositories.

    Attributes:
        organisation: its name, which is the repository's owner.
        owners: of the organisation; they may do anything.
        members: what each has been given in the repository, by handle.
        teams: by slug.
        base: what every member of the organisation may do at least.
            https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/setting-base-permissions-for-an-organization
        others: what everybody else may do: nothing in a private repository, read in a public one.
        emails: whose an e-mail address is, by address.
    """

    organisation: str
    owners: frozenset[str] = frozenset()
    members: Mapping[str, Role] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    base: Role = "none"
    others: Role = "none"
    emails: Mapping[str, str] = field(default_factory=dict)

    def role_of(self, handle: str) -> Role:
        """The most of what somebody was given: by themselves, by their teams, as a member."""
        who = handle.lower()
        if who in _lower(self.owners):
            return "admin"
        given: list[Role] = [role for member, role in self.members.items() if member.lower() == who]
        given += [
            self.team_role(team.slug) for team in self.teams.values() if who in _lower(team.members)
        ]
        return max([self.base, *given], key=ROLES.index) if given else self.others

    def may_write(self, handle: str) -> bool:
        """Whether they may push, and start workflows by hand."""
        return at_least(self.role_of(handle), "write")

    def knows(self, handle: str) -> bool:
        """Whether somebody is an owner or a member, of the organisation or of one of its teams."""
        return handle.lower() in self.everybody

    @property
    def everybody(self) -> frozenset[str]:
        """Every owner and member, in lower case."""
        of_teams = (handle for team in self.teams.values() for handle in team.members)
        return frozenset(_lower([*self.owners, *self.members, *of_teams]))

    def team(self, name: str) -> Team | None:
        """The team of this name: `organisation/slug`, with or without an `@` before it."""
        owner, slash, slug = name.removeprefix("@").partition("/")
        if not slash or owner.lower() != self.organisation.lower():
            return None
        return next((one for one in self.teams.values() if one.slug.lower() == slug.lower()), None)

    def team_role(self, slug: str) -> Role:
        """What a team may do: what it was given, or one of the teams above it."""
        return max((team.role for team in self._upwards(slug)), key=ROLES.index, default="none")

    def members_of(self, slug: str) -> frozenset[str]:
        """The handles of a team's members, with those of the teams below it, in lower case.

        https://docs.github.com/en/rest/teams/members#list-team-members
        """
        return frozenset(
            handle.lower()
            for team in self.teams.values()
            if any(above.slug.lower() == slug.lower() for above in self._upwards(team.slug))
            for handle in team.members
        )

    def resolve(self, name: str) -> frozenset[str]:
        """The handles behind a person's or a team's name, in lower case; none behind a stranger's.

        Only those who can see the repository count: GitHub lets nobody else review.
        https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments#required-reviewers
        """
        plain = name.removeprefix("@")
        if "/" in plain:
            team = self.team(plain)
            named: Iterable[str] = self.members_of(team.slug) if team else ()
        else:
            named = (plain.lower(),)
        return frozenset(one for one in named if at_least(self.role_of(one), "read"))

    def by_email(self, address: str) -> str:
        """Whose an e-mail address is, "" where nobody knows.

        Everybody has the address that GitHub gives to those who hide theirs:
        https://docs.github.com/en/account-and-profile/reference/email-addresses-reference#your-noreply-email-address
        """
        local, _, domain = address.lower().rpartition("@")
        if domain == NO_REPLY:
            return local.rpartition("+")[2]
        return next(
            (handle for known, handle in self.emails.items() if known.lower() == address.lower()),
            "",
        )

    def with_member(self, handle: str, role: Role) -> Membership:
        """With one more member, or with another role of one."""
        kept = {one: had for one, had in self.members.items() if one.lower() != handle.lower()}
        return replace(self, members={**kept, handle: role})

    def _upwards(self, slug: str) -> Iterator[Team]:
        """A team and those above it; a circle is gone round once."""
        by_slug = {team.slug.lower(): team for team in self.teams.values()}
        seen: set[str] = set()
        at = slug.lower()
        while at in by_slug and at not in seen:
            seen.add(at)
            yield by_slug[at]
            at = by_slug[at].parent.lower()


def _known(role: str) -> Role:
    return next((one for one in ROLES if one == role), "none")


def _lower(handles: Iterable[str]) -> set[str]:
    return {handle.lower() for handle in handles}
