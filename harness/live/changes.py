"""An incident as the changes that it makes to live AWS, and each of them made and undone."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Protocol

from harness.checks.differences import differences
from harness.errors import ConfigError, SitedrillError
from harness.incidents import Incident, edit_content, patch_distribution, patch_website
from harness.live import distributions, objects
from harness.live.resource import Aws, Change, Kind, Returned, State, canonical
from harness.live.settings_of_buckets import BucketSetting


class _Maker(Protocol):
    """How a kind of resource is read, changed and put back."""

    def read(self, aws: Aws, name: str) -> State: ...

    def make(self, aws: Aws, change: Change, token: str) -> str: ...

    def put_back(self, aws: Aws, change: Change, token: str, mark: str) -> Returned: ...

    def same(self, one: State, other: State) -> bool: ...


_KINDS: MappingProxyType[Kind, _Maker] = MappingProxyType(
    {
        "distribution": distributions,
        "website": BucketSetting("website"),
        "policy": BucketSetting("policy"),
        "object": objects,
    }
)


def changes_of(
    incident: Incident, aws: Aws, *, bucket: str, distribution: str | None
) -> list[Change]:
    """Everything that an incident will change, as it is now and as it will be; nothing is changed.

    Args:
        incident: which.
        aws: to read with.
        bucket: the site's.
        distribution: its id; None for a site that its bucket serves itself.

    Raises:
        ConfigError: the fault does not fit the site, or would change nothing.
        SitedrillError: the site has not what is to be broken.
    """
    fault, found = incident.fault, []
    if fault.distribution:
        if distribution is None:
            raise _has_none(incident, "a distribution")
        found.append(_configured("distribution", distribution, aws, incident))
    if fault.website:
        found.append(_configured("website", bucket, aws, incident))
    if fault.content:
        found += _content(incident, aws, bucket)
    return found


def read(aws: Aws, kind: Kind, name: str) -> State:
    """A resource now."""
    return _KINDS[kind].read(aws, name)


def make(aws: Aws, change: Change, *, token: str = "") -> str:
    """Make a change; returns the mark that AWS gives the resource afterwards.

    Args:
        aws: to change with.
        change: as `changes_of` told it.
        token: put on objects, so that they are known again.

    Raises:
        MovedError: the resource is no longer as it was when the change was told.
    """
    return _KINDS[change.kind].make(aws, change, token)


def put_back(aws: Aws, change: Change, *, token: str = "", mark: str = "") -> Returned:
    """Bring back what was captured, whether the change was made or not; any number of times.

    Args:
        aws: to change with.
        change: as `changes_of` told it.
        token: that it was made with.
        mark: that was left; "" where it is not known whether the change was made at all.
    """
    return _KINDS[change.kind].put_back(aws, change, token, mark)


def is_as_captured(aws: Aws, change: Change) -> bool:
    """Whether a resource is now what it was when it was captured."""
    return _KINDS[change.kind].same(read(aws, change.kind, change.name), change.before)


def _configured(kind: Kind, name: str, aws: Aws, incident: Incident) -> Change:
    before = read(aws, kind, name)
    if not before.exists:
        raise _has_none(incident, f"a {kind} configuration")
    patch = patch_distribution if kind == "distribution" else patch_website
    patched = patch(incident.fault, before.config)
    says = "; ".join(differences(before.config, patched))
    return Change(kind, name, before, replace(before, body=canonical(patched), mark=""), says)


def _content(incident: Incident, aws: Aws, bucket: str) -> list[Change]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    names = [str(item["Key"]) for page in pages for item in page.get("Contents", [])]
    edits = incident.fault.content
    touched = [name for name in names if any(edit.applies_to(name) for edit in edits)]
    if not touched:
        raise SitedrillError(f"{bucket} holds nothing that {incident.id} could change")
    before = {name: read(aws, "object", f"{bucket}/{name}") for name in touched}
    edited = edit_content(incident.fault, {name: state.body for name, state in before.items()})
    found = []
    for name, body in edited.items():
        if body is None:
            after, says = State(exists=False), "is deleted"
        else:
            after = replace(before[name], body=body, mark="")
            says = f"{len(before[name].body)} bytes -> {len(body)} bytes"
        found.append(Change("object", f"{bucket}/{name}", before[name], after, says))
    return found


def _has_none(incident: Incident, what: str) -> ConfigError:
    return ConfigError(
        file=f"{incident.id}.toml",
        key="fault",
        value="of " + what,
        expected=f"a fault that fits the site: it has not {what}",
    )
