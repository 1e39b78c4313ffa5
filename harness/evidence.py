"""What a verdict is made of: read from the journal and from AWS once a response has had its chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from harness.checks.audit import Audit
from harness.checks.changes import by_run, changes_something
from harness.checks.operations import audit_of, records_of_operations
from harness.checks.prober import availability, recovered_at
from harness.checks.stored import note_records
from harness.checks.turns import at_once
from harness.cloud.clients import Clients
from harness.cloud.emulator import clouds_with
from harness.dispatcher import Ran
from harness.journal import Journal, Record, read_journal
from harness.promises import Layers, broken_promises, not_refused
from harness.settings.sections import AuditSection


@dataclass(frozen=True)
class Responded:
    """A response that has had its chance.

    Attributes:
        ran: the emergency run, None when its dispatch was refused.
        rejected: why it was refused.
        injected_at: when the fault was put in, in journal seconds.
        dispatched_at: when the response was dispatched, in journal seconds.
        must_be_refused: the run must end before it tags or changes anything, so that neither layer
            is restored, and there is no operation to be audited.
        must_say: what a refusal must say, so that it is not refused for another reason.
        besides: what else was not as it should be: what came of other people's doings.
    """

    ran: Ran | None
    rejected: str
    injected_at: float | None
    dispatched_at: float | None
    must_be_refused: bool = False
    must_say: str = ""
    besides: tuple[str, ...] = ()


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
    must_say: str = ""

    @classmethod
    def gather(
        cls,
        *,
        journal: Journal,
        clients: Clients,
        layers: Layers,
        responded: Responded,
        findings: Sequence[str],
        audit: AuditSection,
        drill: str = "",
    ) -> Evidence:
        """Read the journal and AWS once more, and journal what comes of it.

        Args:
            journal: the drill's, still open.
            clients: to read AWS with.
            layers: as they were before the response, are now and should be.
            responded: what came of the response.
            findings: what is wrong with the site as viewers see it.
            audit: where the trail must be.
            drill: the drill's id, for its audit record.
        """
        records = read_journal(journal.path)
        ran = responded.ran
        run = ran.run.key if ran else ""
        trail = None
        if ran:
            note_records(journal, clients, records, prefix=audit.records)
            records = read_journal(journal.path)
        if responded.must_be_refused:
            promises = not_refused(records, run)
        else:
            promises = broken_promises(
                layers, journal=journal, records=records, run=run, clients=clients
            )
            if ran:
                trail = audit_of(records, run, audit)
        if trail is not None:
            journal.write("audit", run=run, **asdict(trail))
        repository = ran.run.repository if ran else ""
        for record in records_of_operations(records, audit, drill=drill, repository=repository):
            journal.write("audit.record", run=record.run, record=record.model_dump(mode="json"))
        dispatched_at = responded.dispatched_at
        recovered = recovered_at(records, dispatched_at or 0.0)
        # Before this moment the fault may not have reached the edge yet.
        end = journal.elapsed()
        return cls(
            recovered=not findings,
            findings=tuple(findings),
            run_conclusion=ran.conclusion if ran else "",
            run_cause=ran.cause if ran else "",
            broken_promises=(*promises, *at_once(records), *responded.besides),
            audit=trail,
            recovery_seconds=_since(recovered, dispatched_at) if not findings else None,
            time_to_deploy_seconds=_since(
                _last_change(records, dispatched_at, layers), dispatched_at
            ),
            availability=_rounded(availability(records, responded.injected_at or 0.0, end)),
            rejected=responded.rejected,
            unimplemented=_unimplemented(records, run),
            must_be_refused=responded.must_be_refused,
            must_say=responded.must_say,
        )


def _last_change(records: Sequence[Record], since: float | None, layers: Layers) -> float | None:
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
        and not layers.is_record(record)
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
