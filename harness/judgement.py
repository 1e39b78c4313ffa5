"""From what was observed to a verdict, with one line for everything that was not as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.evidence import Evidence

RECOVERS = "recovers"
DOES_NOT_RECOVER = "does not recover"


@dataclass(frozen=True)
class Verdict:
    """What was expected, what was observed, and why the two do not agree (`causes`).

    `expected` and `observed` are "recovers" or "does not recover", None when it never came to that.
    Seconds are counted from the dispatch; `availability` is the share (0 to 1) of healthy probes
    between injection and end.
    """

    expected: str | None
    observed: str | None
    verdict: str
    causes: tuple[str, ...] = ()
    recovery_seconds: float | None = None
    time_to_deploy_seconds: float | None = None
    availability: float | None = None


def judge(expected: str, evidence: Evidence | None, doubts: Sequence[str]) -> Verdict:
    """Compare.

    Args:
        expected: "recovers" or "does not recover".
        evidence: None when the drill did not get far enough.
        doubts: why nothing can be concluded; any makes the verdict inconclusive.
    """
    if evidence is None or doubts:
        return Verdict(expected, None, "inconclusive", tuple(doubts))
    observed = RECOVERS if evidence.recovered else DOES_NOT_RECOVER
    causes = tuple(dict.fromkeys(_causes(expected, observed, evidence)))
    return Verdict(
        expected=expected,
        observed=observed,
        verdict="unmet" if causes else "met",
        causes=causes,
        recovery_seconds=evidence.recovery_seconds,
        time_to_deploy_seconds=evidence.time_to_deploy_seconds,
        availability=evidence.availability,
    )


def _causes(expected: str, observed: str, evidence: Evidence) -> list[str]:
    causes = []
    if evidence.must_be_refused and evidence.run_conclusion == "success":
        causes.append("the operation was not refused: its run ended in success")
    if evidence.rejected and not evidence.must_be_refused:
        causes.append(f"the dispatch was refused: {evidence.rejected}")
    failed = evidence.run_conclusion not in {"success", ""}
    why = evidence.rejected or (evidence.run_cause if failed else "")
    if evidence.must_be_refused and why and evidence.must_say not in why:
        causes.append(f"the operation was refused, but not for {evidence.must_say!r}: {why}")
    if observed != expected:
        if observed == RECOVERS:
            causes.append("the site recovered, which was not expected")
        elif evidence.findings:
            causes.append(f"the site did not recover: {evidence.findings[0]}")
    if failed and (expected == RECOVERS or evidence.broken_promises):
        causes.append(f"the run ended in {evidence.run_conclusion}: {evidence.run_cause}")
    causes.extend(evidence.broken_promises)
    causes.extend(evidence.unimplemented)
    if evidence.audit is not None:
        causes.extend(f"audit: {line}" for line in evidence.audit.missing)
        causes.extend(f"audit: {line}" for line in evidence.audit.findings)
        causes.extend(f"audit: {line}" for line in evidence.audit.unattributed)
    return causes
