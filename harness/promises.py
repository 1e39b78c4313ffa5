"""What a response promises of each layer: restored where it works on it, left alone where it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.checks.changes import by_run, changes_something, described, mutating_calls
from harness.checks.differences import differences as compare
from harness.checks.layers import LayerState, differences, matches_content
from harness.checks.release import ExpectedRelease
from harness.cloud.clients import Clients
from harness.github.history import Release
from harness.journal import Journal, Record

#: Of a website without CloudFront, what makes it answer as it does.
_OF_WEBSITES = ("Website", "BucketPolicy", "PublicAccessBlock")


@dataclass(frozen=True)
class Target:
    """What a response should leave behind: the release of each layer, and the layers it works on.

    `infrastructure` is None where nobody can know: a fix may bring changes that no release has had.
    """

    content: Release
    infrastructure: Release | None
    layers: tuple[str, ...]

    @property
    def commit(self) -> str:
        """The commit that the operation goes to."""
        if "content" in self.layers or self.infrastructure is None:
            return self.content.commit
        return self.infrastructure.commit


@dataclass(frozen=True)
class Layers:
    """Both layers before a response and now, and what they should be.

    Attributes:
        bucket: the site's.
        target: what the response should leave behind.
        content: the release that viewers should get.
        states: the infrastructure by release tag.
        before: both layers before the response.
        after: both layers now.
        records: the prefix of the records that the site keeps in its bucket; "" when it keeps none.
        buckets: those that hold content, the other environments' too.
    """

    bucket: str
    target: Target
    content: ExpectedRelease
    states: Mapping[str, Mapping[str, Any]]
    before: LayerState
    after: LayerState
    records: str = ""
    buckets: frozenset[str] = frozenset()

    @property
    def not_content(self) -> tuple[str, ...]:
        """Prefixes of keys in the bucket that are not content."""
        return (self.records,) if self.records else ()

    def is_record(self, call: Record) -> bool:
        """Whether a call is the keeping of a record."""
        key = str(call.data.get("params", {}).get("Key", ""))
        is_put = call.data.get("operation") == "PutObject"
        return bool(self.records) and is_put and key.startswith(self.records)

    def is_content(self, call: Record) -> bool:
        """Whether an object that is written is content; the state of Terraform, say, is not."""
        bucket = call.data.get("params", {}).get("Bucket")
        return bucket in {self.bucket, *self.buckets} and not self.is_record(call)


def broken_promises(
    layers: Layers, *, journal: Journal, records: Sequence[Record], run: str, clients: Clients
) -> list[str]:
    """What a response did not keep, one line a layer; each layer is journaled.

    Args:
        layers: as they were, are and should be.
        journal: told of each layer.
        records: the drill's journal so far.
        run: the emergency run; empty when there was none.
        clients: to read AWS with.
    """
    broken = []
    for layer in ("infrastructure", "content"):
        works_on_it = layer in layers.target.layers
        if not works_on_it:
            found = _not_left_alone(layer, layers, records, run)
        elif layer == "content":
            found = matches_content(
                clients, layers.bucket, layers.content, ignoring=layers.not_content
            )
        else:
            found = _infrastructure_not_restored(layers)
        promise = "restored" if works_on_it else "unchanged"
        journal.write(
            "layer", layer=layer, promise=promise, held=not found, detail="; ".join(found)
        )
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            said = "was not restored" if works_on_it else "was not left alone"
            broken.append(f"{layer} {said}: {found[0]}{more}")
    return broken


def not_refused(records: Sequence[Record], run: str) -> list[str]:
    """What a run did that should have been refused."""
    tags = [r.data["name"] for r in records if r.kind == "tag" and r.data.get("run") == run]
    mine = by_run(run)
    changes = [
        described(record)
        for record in records
        if changes_something(record) and mine(str(record.data.get("caller", "")))
    ]
    done = [*(f"tag {name} was pushed" for name in tags), *changes]
    return [f"the operation was not refused: {done[0]}"] if run and done else []


def _infrastructure_not_restored(layers: Layers) -> list[str]:
    release = layers.target.infrastructure
    if release is None:
        return []
    wanted, found = layers.states[release.tag], layers.after.infrastructure
    if wanted["DistributionConfig"] is not None:
        return compare(wanted["DistributionConfig"], found["DistributionConfig"])
    return compare(
        {name: wanted[name] for name in _OF_WEBSITES}, {name: found[name] for name in _OF_WEBSITES}
    )


def _not_left_alone(layer: str, layers: Layers, records: Sequence[Record], run: str) -> list[str]:
    """What of a layer changed, or was changed and changed back."""
    changes = mutating_calls(records, by_run(run))
    if layer == "infrastructure":
        touched = list(changes.infrastructure)
    else:
        touched = [call for call in changes.content if layers.is_content(call)]
    found = differences(
        layers.before,
        layers.after,
        "content" if layer == "content" else "infrastructure",
        ignoring=layers.not_content,
    )
    return [*found, *(described(call) for call in touched)]
