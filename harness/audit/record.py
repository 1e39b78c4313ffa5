"""What is kept of one emergency operation: who, what, when and why, and where each was found.

The same shape for the record that a drill makes, and for the one that an emergency workflow uploads as
an artifact: what its writer cannot know has a default and is left out.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

#: Version of this format; it grows when a reader of the old one would go wrong.
VERSION: Literal[1] = 1

#: A moment in UTC: ISO 8601, to the second or finer.
Moment = Annotated[
    str, Field(pattern=r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,6})?Z$")
]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

#: Where a value can be found: on GitHub, in the bucket, in AWS's own log, at the site's door.
Place = Literal[
    "dispatch",
    "run",
    "review",
    "tag",
    "run log",
    "step summary",
    "deployment",
    "artifact",
    "release record",
    "AWS calls",
    "probes",
]
#: What is looked for.
Item = Literal[
    "requested_by",
    "approved_by",
    "operation",
    "method",
    "environment",
    "target_commit",
    "tag",
    "layers",
    "changes",
    "requested",
    "approved",
    "started",
    "deployed",
    "validated",
    "why",
    "run",
    "attempt",
]
ITEMS: tuple[Item, ...] = get_args(Item)

FindingKind = Literal["missing", "contradiction", "unattributed"]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Approval(_Shape):
    """What somebody said of a run that waited for its environment.

    https://docs.github.com/en/rest/actions/workflow-runs#get-the-review-history-for-a-workflow-run
    """

    by: str
    state: Literal["approved", "rejected"] = "approved"
    environment: str = ""
    at: Moment | None = None
    comment: str = ""


class Who(_Shape):
    """Who asked, and everybody who decided about it, in order."""

    requested_by: str | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def approved_by(self) -> tuple[str, ...]:
        """Those who said yes, each once."""
        return tuple(dict.fromkeys(one.by for one in self.approvals if one.state == "approved"))


class Change(_Shape):
    """One AWS call that changed something: `resource` says of what, `by` in whose name."""

    at: Moment
    service: str
    operation: str
    resource: str = ""
    by: str = ""


class What(_Shape):
    """What was done. `method` is a rollback's; `layers` those the operation is about."""

    operation: str | None = None
    method: str | None = None
    environment: str | None = None
    target_commit: Commit | None = None
    tag: str | None = None
    layers: tuple[Literal["infrastructure", "content"], ...] = ()
    changes: tuple[Change, ...] = ()


class When(_Shape):
    """The moments of it, in UTC; None for what never happened, or what the writer cannot know.

    `deployed` is when the last change to the site was made, `validated` when the site was seen to be
    as the operation wants it.
    """

    requested: Moment | None = None
    approved: Moment | None = None
    started: Moment | None = None
    deployed: Moment | None = None
    validated: Moment | None = None
    finished: Moment | None = None


class Found(_Shape):
    """The value that one place gave for something."""

    place: Place
    value: str


class Finding(_Shape):
    """Something that is not as it must be, in one line."""

    kind: FindingKind
    text: str


class Share(_Shape):
    """How many of the changes to AWS during the whole drill somebody made."""

    by: str
    changes: Annotated[int, Field(ge=1)]
    attributed: bool = True


class Link(_Shape):
    """A record's place in a chain: `hash` is the SHA-256 of the record without it (see `chain`)."""

    sequence: Annotated[int, Field(ge=1)]
    previous: Digest
    hash: Digest


class AuditRecord(_Shape):
    """One emergency operation.

    Attributes:
        version: of this format.
        drill: the drill it was made in; empty on GitHub itself.
        repository: `owner/name`.
        workflow: the file.
        run: the run's id.
        attempt: which of the run's attempts.
        outcome: the run's conclusion.
        places: for each item the places it was found in, with the value that each gave.
        findings: what is missing, what contradicts what, and changes that nobody's run made.
        complete: there are none.
        shares: who made the changes to AWS, the harness's own injection among them.
        chain: where it stands among others; None before it is sealed.
    """

    model_config = ConfigDict(title="sitedrill audit record")

    version: Literal[1] = VERSION
    drill: str = ""
    repository: str = ""
    workflow: str = ""
    run: Annotated[str, Field(pattern=r"^\d+$")]
    attempt: Annotated[int, Field(ge=1)] = 1
    who: Who = Who()
    what: What = What()
    when: When = When()
    why: str | None = None
    outcome: str | None = None
    places: dict[Item, tuple[Found, ...]] = {}
    findings: tuple[Finding, ...] = ()
    complete: bool = False
    shares: tuple[Share, ...] = ()
    chain: Link | None = None
