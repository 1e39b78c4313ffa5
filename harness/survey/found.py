"""What a look at a site's repository found."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.survey.inputs import Form
from harness.survey.places import Place


@dataclass(frozen=True)
class Found:
    """What a look at a repository tells; `unknown` is what it does not, a line each."""

    name: str
    repository: str
    content: str
    build: tuple[str, ...]
    output: str
    error_page: str
    watch: tuple[str, ...]
    tags: str
    releases: int
    infrastructure: str
    state: str
    cloudfront: bool
    region: str
    places: tuple[Place, ...]
    emergency: str
    emergency_form: Form
    deploy: str
    deploy_form: Form
    deployed_by_push: bool
    variables: tuple[str, ...]
    secrets: tuple[str, ...]
    owners: str
    audit: tuple[str, ...]
    audit_tags_known: bool
    records: str
    actions: tuple[str, ...]
    downloads: tuple[str, ...]
    told: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
