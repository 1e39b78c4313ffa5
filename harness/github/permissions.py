"""What a job's token may do: `permissions:` as declared, and what follows from it.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
https://docs.github.com/en/actions/concepts/security/github_token
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import ConfigError

#: The scopes that a token can have.
SCOPES = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
)
LEVELS = ("none", "read", "write")
#: What a token may do where neither the workflow nor the job says: the restricted default, which new
#: repositories have.
RESTRICTED: Mapping[str, str] = {"contents": "read", "packages": "read"}
#: `id-token` has no reading.
_ALL = {
    "read-all": {scope: "read" for scope in SCOPES if scope != "id-token"},
    "write-all": {scope: "read" if scope == "models" else "write" for scope in SCOPES},
}


def read_permissions(file: str, where: str, value: Any) -> Mapping[str, str] | None:
    """`permissions:` of a workflow or of a job: levels by scope; None where nothing is said.

    Whatever is not named is not permitted, once anything is said.

    Raises:
        ConfigError: a scope or a level that GitHub does not know.
    """
    if value is None:
        return None
    if isinstance(value, str):
        if value in _ALL:
            return _ALL[value]
        raise ConfigError(
            file=file,
            key=where,
            value=value,
            expected="read-all, write-all, or a mapping of scopes",
        )
    if not isinstance(value, dict):
        raise ConfigError(file=file, key=where, value=value, expected="a mapping of scopes")
    for scope, level in value.items():
        if scope not in SCOPES:
            expected = "one of " + ", ".join(SCOPES)
            raise ConfigError(file=file, key=f"{where}.{scope}", value=level, expected=expected)
        if level not in LEVELS:
            expected = "one of " + ", ".join(LEVELS)
            raise ConfigError(file=file, key=f"{where}.{scope}", value=level, expected=expected)
    return {str(scope): str(level) for scope, level in value.items() if level != "none"}


def permitted(
    default: Mapping[str, str],
    workflow: Mapping[str, str] | None,
    job: Mapping[str, str] | None,
    *,
    most: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """What a job's token may do.

    Args:
        default: where nothing is said.
        workflow: what the workflow says, None for nothing.
        job: what the job says, which replaces the workflow's.
        most: what a calling job's token may do; a called workflow's can only narrow it.
            https://docs.github.com/en/actions/reference/workflows-and-actions/reusing-workflow-configurations
    """
    said = job if job is not None else workflow
    if said is None:
        return dict(most if most is not None else default)
    if most is None:
        return dict(said)
    allowed = {scope: _lower(level, most.get(scope, "none")) for scope, level in said.items()}
    return {scope: level for scope, level in allowed.items() if level != "none"}


def allows(permissions: Mapping[str, str], scope: str, level: str) -> bool:
    """Whether a token with these permissions may do what needs this level; `write` includes `read`."""
    return LEVELS.index(permissions.get(scope, "none")) >= LEVELS.index(level)


def _lower(one: str, other: str) -> str:
    return min(one, other, key=LEVELS.index)
