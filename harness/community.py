"""The people of one world: those the site's settings know, and those that a drill makes up.

    community = Community(settings, directory)
    community.introduce("octo-new")             # a member who may write, unless they are known already
    community.admit("octo-new")                 # or GitHub's refusal
    community.role_of("octo-new")               # "write"

Where the settings say nothing of people, everybody may write.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

from harness.errors import DispatchError
from harness.github.people import ROLES, Membership, Role, Team
from harness.github.protection import EVERY_BRANCH, Rules
from harness.settings import SiteSettings

#: Where those who were introduced are written down, beside what else GitHub knows.
FILE = "people.json"
#: What GitHub says to somebody who may see the repository and not write to it.
#: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
NO_RIGHTS = "Must have admin rights to Repository."


class Community:
    """Knows everybody; what is said of somebody here outlives the process."""

    def __init__(self, settings: SiteSettings, directory: Path) -> None:
        """Everybody the settings know, and who was introduced in this folder before.

        Args:
            settings: the site's.
            directory: where GitHub's side keeps what it knows.
        """
        self._file = directory / FILE
        self._lock = threading.Lock()
        self._introduced: dict[str, Role] = {}
        self.membership = membership_of(settings)
        if self._file.exists():
            for handle, role in json.loads(self._file.read_text(encoding="utf-8")).items():
                self._add(handle, role)

    def introduce(self, handle: str, role: Role | None = None) -> None:
        """Make somebody a member of the organisation, who may write unless another role is given.

        Who is known already keeps what they have, unless a role is given.
        """
        with self._lock:
            if role is None and self.membership.knows(handle):
                return
            self._add(handle, role or "write")
            self._file.parent.mkdir(parents=True, exist_ok=True)
            scratch = self._file.with_suffix(".new")
            scratch.write_text(json.dumps(self._introduced, indent=2) + "\n", encoding="utf-8")
            scratch.replace(self._file)

    @property
    def everybody(self) -> frozenset[str]:
        """The handles of all who were named or introduced."""
        return self.membership.everybody

    def role_of(self, handle: str) -> Role:
        """What somebody may do in the repository."""
        return self.membership.role_of(handle)

    def resolve(self, name: str) -> frozenset[str]:
        """The handles behind a person's or a team's name, of those who can see the repository."""
        return self.membership.resolve(name)

    def admit(self, handle: str) -> None:
        """Let somebody start a workflow or push.

        https://docs.github.com/en/actions/how-tos/manage-workflow-runs/manually-run-a-workflow

        Raises:
            DispatchError: GitHub's 404 to who cannot see the repository, its 403 to who can only read.
        """
        role = self.role_of(handle)
        if role == "none":
            raise DispatchError(
                "Not Found",
                status=404,
                hint=f"{handle} is no member: [people] in the settings says who is",
            )
        if not self.membership.may_write(handle):
            raise DispatchError(
                NO_RIGHTS, status=403, hint=f"{handle} may only {role}; this takes write"
            )

    def _add(self, handle: str, role: Role) -> None:
        self._introduced[handle] = role
        self.membership = self.membership.with_member(handle, role)


def membership_of(settings: SiteSettings) -> Membership:
    """What the settings say of people."""
    organisation = settings.site.repository.partition("/")[0]
    people = settings.people
    if people is None:
        return Membership(organisation, others="write")
    return Membership(
        organisation,
        owners=frozenset(people.owners),
        members=dict(people.members),
        teams={
            slug: Team(
                slug,
                members=team.members,
                parent=team.parent or "",
                role=team.role or ROLES[0],
                secret=team.secret,
            )
            for slug, team in people.teams.items()
        },
        base=people.base,
        others=people.others,
        emails=dict(people.emails),
    )


def rules_of(settings: SiteSettings) -> Mapping[str, Rules]:
    """What protects each environment, by its name on GitHub."""
    found = {}
    for name, section in settings.environments.items():
        policy = section.branch_policy
        branches: tuple[str, ...] | None = None
        if policy == "protected":
            # https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments#deployment-branches-and-tags
            branches = settings.site.protected_branches or EVERY_BRANCH
        elif policy != "all":
            branches = policy
        github = section.github_name(name)
        found[github] = Rules(
            github,
            reviewers=tuple(one.removeprefix("@") for one in section.reviewers),
            prevent_self_review=section.prevent_self_review,
            wait_minutes=section.wait_timer,
            branches=branches,
            protected_only=policy == "protected",
        )
    return found
