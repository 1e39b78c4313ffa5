"""What a verdict is made of: read from the journal and from AWS once a response has had its chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.checks.audit import Audit, check_audit
from harness.checks.changes import by_run, changes_something, described, mutating_calls
from harness.checks.differences import differences as compare
from harness.checks.layers import LayerState, differences, matches_content
from harness.checks.prober import availability, recovered_at
from harness.checks.release import ExpectedRelease
from harness.cloud.clients import Clients
from harness.cloud.emulator import clouds_with
from harness.github.history import Release
from harness.journal import Journal, Record, read_journal
from harness.world import Ran

#: Where the reference site keeps the records of its deployments.
RELEASE_RECORD = r"^deployments/"


@dataclass(frozen=True)
class Target:
    """What a response should leave behind: the release of each layer, and the layers it works on."""

    content: Release
    infrastructure: Release
    layers: tuple[str, ...]

    @property
    def commit(self) -> str:
        """The commit that the operation goes to."""
        return (self.content if "content" in self.layers else self.infrastructure).commit


@dataclass(frozen=True)
class Evidence:
    """Everything that a verdict is made of."""

    recovered: bool
    findings: tuple[str, ...]
    run_conclusion: str
    run_cause: str
    broken_promises: tuple[str, ...]
    audit: Audit | None
    recovery_seconds: float | None
    time_to_deploy_seconds: float | None
    availability: float | None
    rejected: str = ""
    unimplemented: tuple[str, ...] = ()
    must_be_refused: bool = False

    @classmethod
    def gather(
        cls,
        *,
        journal: Journal,
        clients: Clients,
        bucket: str,
        target: Target,
        content: ExpectedRelease,
        state_of_infrastructure: Mapping[str, Mapping[str, Any]],
        before: LayerState,
        after: LayerState,
        ran: Ran | None,
        rejected: str,
        findings: Sequence[str],
        injected_at: float | None,
        dispatched_at: float | None,
        must_be_refused: bool,
    ) -> Evidence:
        """Read the journal and AWS once more, and journal what comes of it.

        Args:
            journal: the drill's, still open.
            clients: to read AWS with.
            bucket: the site's.
            target: what the response should leave behind.
            content: the release that viewers should get.
            state_of_infrastructure: the distribution's configuration by release tag.
            before: both layers before the response.
            after: both layers now.
            ran: the emergency run, None when its dispatch was refused.
            rejected: why it was refused.
            findings: what is wrong with the site as viewers see it.
            injected_at: journal seconds.
            dispatched_at: journal seconds.
            must_be_refused: the run must end before it tags or changes anything, so that neither
                layer is restored, and there is no operation to be audited.
        """
        records = read_journal(journal.path)
        run = ran.run.key if ran else ""
        promises = []
        audit = None
        if must_be_refused:
            promises += _not_refused(records, run)
        else:
            promises += _promises(
                journal,
                before,
                after,
                records,
                run,
                target,
                clients,
                bucket,
                content,
                state_of_infrastructure,
            )
            audit = check_audit(records, run, release_record=RELEASE_RECORD) if ran else None
        if audit is not None:
            journal.write("audit", run=run, **asdict(audit))
        recovered = recovered_at(records, dispatched_at or 0.0)
        # Before this moment the fault may not have reached the edge yet.
        end = journal.elapsed()
        return cls(
            recovered=not findings,
            findings=tuple(findings),
            run_conclusion=ran.outcome.conclusion if ran else "",
            run_cause=ran.outcome.cause if ran else "",
            broken_promises=tuple(promises),
            audit=audit,
            recovery_seconds=_since(recovered, dispatched_at) if not findings else None,
            time_to_deploy_seconds=_since(_last_change(records, dispatched_at), dispatched_at),
            availability=_rounded(availability(records, injected_at or 0.0, end)),
            rejected=rejected,
            unimplemented=_unimplemented(records, run),
            must_be_refused=must_be_refused,
        )


def _promises(
    journal: Journal,
    before: LayerState,
    after: LayerState,
    records: Sequence[Record],
    run: str,
    target: Target,
    clients: Clients,
    bucket: str,
    content: ExpectedRelease,
    states: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """The layers it works on are as in the target, the other was left alone; what is not so."""
    broken = []
    for layer in ("infrastructure", "content"):
        works_on_it = layer in target.layers
        if works_on_it:
            found = _not_restored(layer, target, after, clients, bucket, content, states)
        else:
            found = _not_left_alone(layer, before, after, records, run)
        promise = "restored" if works_on_it else "unchanged"
        journal.write(
            "layer", layer=layer, promise=promise, held=not found, detail="; ".join(found)
        )
        if found:
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            said = "was not restored" if works_on_it else "was not left alone"
            broken.append(f"{layer} {said}: {found[0]}{more}")
    return broken


def _not_refused(records: Sequence[Record], run: str) -> list[str]:
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


def _not_restored(
    layer: str,
    target: Target,
    after: LayerState,
    clients: Clients,
    bucket: str,
    content: ExpectedRelease,
    states: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """What of a layer is not as in its target, as AWS has it."""
    if layer == "content":
        return matches_content(clients, bucket, content)
    # A fix takes the broken files back from the release that was live at the beginning.
    wanted = states.get(target.infrastructure.tag) or states[list(states)[-1]]
    return compare(wanted, after.infrastructure["DistributionConfig"])


def _not_left_alone(
    layer: str, before: LayerState, after: LayerState, records: Sequence[Record], run: str
) -> list[str]:
    """What of a layer changed, or was changed and changed back."""
    changes = mutating_calls(records, by_run(run))
    calls = changes.infrastructure if layer == "infrastructure" else changes.content
    touched = [call for call in calls if not _is_release_record(call)]
    found = differences(before, after, "content" if layer == "content" else "infrastructure")
    return [*found, *(described(call) for call in touched)]


def _is_release_record(call: Record) -> bool:
    key = str(call.data.get("params", {}).get("Key", ""))
    return call.data.get("operation") == "PutObject" and key.startswith("deployments/")


def _last_change(records: Sequence[Record], since: float | None) -> float | None:
    """When the site was last changed by a run that began after this: the end of the deployment.

    A hotfix that goes through the pipeline is deployed by another run than the emergency's.
    """
    if since is None:
        return None
    runs = [r.data["run"] for r in records if r.kind == "run.started" and r.t >= since]
    callers = [by_run(str(run)) for run in runs]
    moments = [
        record.t
        for record in records
        if changes_something(record)
        and not _is_release_record(record)
        and any(mine(str(record.data.get("caller", ""))) for mine in callers)
    ]
    return max(moments, default=None)


def _unimplemented(records: Sequence[Record], run: str) -> tuple[str, ...]:
    """Operations that the run asked for and the emulator lacks, and which `--cloud` has them."""
    mine = by_run(run)
    found = []
    for record in records:
        data = record.data
        if record.kind != "aws.call" or data.get("error") != "NotImplemented":
            continue
        if run and mine(str(data.get("caller", ""))):
            service, operation = str(data["service"]), str(data["operation"])
            clouds = " or ".join(f"--cloud {name}" for name in clouds_with(service, operation))
            other = f"{clouds} has it" if clouds else "no other --cloud is known to have it"
            found.append(f"{service}:{operation} is not implemented by this cloud: {other}")
    return tuple(dict.fromkeys(found))


def _since(moment: float | None, start: float | None) -> float | None:
    return None if moment is None or start is None else round(moment - start, 3)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
