"""The sections of `sitedrill.toml`; workflows and environments have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from harness.settings.environments import EnvironmentSection, Pattern
from harness.settings.people import PeopleSection
from harness.settings.strict import Command, Inside, Name, Strict, UrlPath
from harness.settings.tags import TagPattern
from harness.settings.workflows import WorkflowsSection


def _release_tags(glob: str) -> str:
    TagPattern(glob)
    return glob


class SiteSection(Strict):
    """The repository: its name on GitHub, where its content lies and how it is built.

    Attributes:
        repository: owner/name on GitHub.
        branch: the default branch; by default the one the repository itself names.
        content: the files that a release's pages are made from.
        build: commands that build the pages in the tree of a commit; none when the content is
            uploaded as it stands.
        output: where the pages lie that are uploaded; by default the content.
        prepare: commands, run once before the first release, that make what the pipeline takes
            for granted, such as a state bucket or a distribution made by hand.
        error_page: the page for what does not exist, below the output; "" when there is none.
        protected_branches: patterns of the branches that have a protection rule on GitHub.
        watch: addresses that are probed all through a drill, several times a second: a few are
            enough.
    """

    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    branch: Annotated[str, Field(pattern=r"^[\w./-]*$")] = ""
    protected_branches: tuple[Pattern, ...] = ()
    content: Inside = "src"
    build: tuple[Command, ...] = ()
    output: Inside | None = None
    prepare: tuple[Command, ...] = ()
    error_page: str = "404.html"
    watch: Annotated[tuple[UrlPath, ...], Field(min_length=1, max_length=8)] = ("/",)

    @model_validator(mode="after")
    def _built_content_lies_elsewhere(self) -> SiteSection:
        if self.build and self.output is None:
            raise ValueError("an output, the folder that the build commands fill")
        return self

    @property
    def uploaded(self) -> str:
        """The folder whose files viewers get."""
        return self.output or self.content


class ReleasesSection(Strict):
    """How a release is recognised, and where the past comes from.

    `history` is "tags" (the repository's own two newest releases), "made" (made from HEAD) or "auto"
    (its own where there are two). `first` names the first release that is made.
    """

    tags: Annotated[str, AfterValidator(_release_tags)] = "v*"
    history: Literal["auto", "tags", "made"] = "auto"
    first: str = ""

    @model_validator(mode="after")
    def _first_is_a_release(self) -> ReleasesSection:
        if self.first and self.pattern.numbers(self.first) is None:
            raise ValueError(f"a first release whose tag matches {self.tags}")
        return self

    @property
    def pattern(self) -> TagPattern:
        """The tags that are releases."""
        return TagPattern(self.tags)


class DoublesSection(Strict):
    """What stands in for what lies outside the world: files and folders of the site.

    `actions` maps `owner/action@version` to a folder with an `action.yml`, `downloads` an address
    (`*` stands for anything) to a file.
    """

    actions: Mapping[Annotated[str, Field(pattern=r"^[\w.-]+/[\w./-]+@[\w./-]+$")], Inside] = {}
    downloads: Mapping[Annotated[str, Field(pattern=r"^https?://")], Inside] = {}


class SteadyCheck(Strict):
    """One thing that is so whenever the site is healthy; every condition given must hold."""

    path: UrlPath
    status: Annotated[int | None, Field(ge=100, le=599)] = None
    contains: str | None = None
    lacks: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> SteadyCheck:
        if self.status is None and not (self.contains or self.lacks):
            raise ValueError("at least one of status, contains and lacks")
        return self

    @property
    def broken_links(self) -> bool:
        """Never asked for: links are checked everywhere in any case."""
        return False


class AuditSection(Strict):
    """Where the trail of an emergency operation must be found.

    `places` are those the site has; `tags` a glob of the tags that an operation pushes; `artifact` a glob
    of the name under which it uploads its audit record; `records` the prefix of the records it keeps in
    the bucket, "" when it keeps none.
    """

    places: Annotated[
        tuple[Literal["tag", "log", "summary", "aws", "artifact"], ...], Field(min_length=1)
    ] = ("tag", "log", "summary", "aws")
    tags: Annotated[str, Field(min_length=1)] = "v0.0.0-*"
    artifact: Annotated[str, Field(min_length=1)] = "emergency-audit*"
    records: str = ""


class ShipEdit(Strict):
    """One edit that puts a fault into the site's own files, where they are not laid out as ours.

    `file` may be a glob. Exactly one of: `replace` with `by` (every occurrence of a text), `keep` (the
    share of the file, from its beginning, that is left), `delete`.
    """

    file: Inside
    replace: Annotated[str | None, Field(min_length=1)] = None
    by: str | None = None
    keep: Annotated[float | None, Field(gt=0, lt=1)] = None
    delete: bool = False

    @model_validator(mode="after")
    def _one_change(self) -> ShipEdit:
        chosen = (self.keep is not None) + (self.replace is not None) + self.delete
        if chosen != 1 or (self.replace is None) != (self.by is None):
            raise ValueError("exactly one of replace together with by, keep, or delete")
        return self


class IncidentsSection(Strict):
    """Which incidents apply, where the site's own lie, and how some are shipped.

    `use` names those that apply; by default all that ship with sitedrill and the site's own.
    """

    use: tuple[str, ...] | None = None
    folder: Inside | None = None
    ship: Mapping[str, Annotated[tuple[ShipEdit, ...], Field(min_length=1)]] = {}


class FeaturesSection(Strict):
    """Where the site's own features lie, and whether ours about refusals apply.

    With `refusals` the site is held to rules that ship with sitedrill: a reason of at least ten
    characters, a target that is a full SHA of a commit there is, production for owners alone.
    """

    folder: Inside | None = None
    refusals: bool = False


class SiteSettings(Strict):
    """Everything in `sitedrill.toml`."""

    model_config = ConfigDict(title="sitedrill.toml")

    site: SiteSection
    releases: ReleasesSection = ReleasesSection()
    workflows: WorkflowsSection = WorkflowsSection()
    #: The repository's variables; when there are none here, each environment's address and role.
    variables: Mapping[Name, str] | None = None
    secrets: Annotated[Mapping[Name, str], Field(repr=False)] = {}
    environments: Annotated[Mapping[str, EnvironmentSection], Field(min_length=1)]
    #: Who may do what; when there is nothing here, whoever a drill makes up may write.
    people: PeopleSection | None = None
    doubles: DoublesSection = DoublesSection()
    #: Headers that every answer must carry, in lower case, with the value they must have.
    headers: Mapping[str, str] = {}
    steady: tuple[SteadyCheck, ...] = ()
    audit: AuditSection = AuditSection()
    incidents: IncidentsSection = IncidentsSection()
    features: FeaturesSection = FeaturesSection()
