"""Who belongs to the site's organisation, and what each may do in its repository.

[people]
owners = ["octo-boss"]

[people.members]
octo-web = "write"
octo-writer = "read"

[people.teams.oncall]
role = "maintain"
members = ["octo-ops", "hub-ops"]
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from harness.settings.strict import Handle, Strict

#: What can be given to a person or to a team, from the least to the most.
#: https://docs.github.com/en/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles/repository-roles-for-an-organization
Given = Literal["read", "triage", "write", "maintain", "admin"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
#: `handle`, or `organisation/team`; an `@` before it is allowed.
Reviewer = Annotated[
    str, Field(pattern=r"^@?[A-Za-z0-9][A-Za-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)?$")
]


class TeamSection(Strict):
    """A team.

    Attributes:
        role: what it may do in the repository; nothing more than its members may, when not given.
        members: their handles.
        parent: the team above it, whose access it has too and to which its members belong as well.
        secret: only its members see it.
    """

    role: Given | None = None
    members: tuple[Handle, ...] = ()
    parent: Slug | None = None
    secret: bool = False


class PeopleSection(Strict):
    """The organisation's people. Without this section, whoever a drill makes up may write.

    Attributes:
        owners: of the organisation: they may do anything in the repository.
        members: what each may do in the repository.
        teams: by their slug, as in `@organisation/slug`.
        base: what every member of the organisation may do at least.
        others: what everybody else may do: "read" in a public repository, "none" in a private one.
        emails: whose the e-mail addresses are that CODEOWNERS may name, by address.
    """

    owners: tuple[Handle, ...] = ()
    members: Mapping[Handle, Given] = {}
    teams: Mapping[Slug, TeamSection] = {}
    base: Literal["none", "read", "write", "admin"] = "read"
    others: Literal["none", "read"] = "none"
    emails: Mapping[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")], Handle] = {}
