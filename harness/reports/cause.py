"""Why a drill is not met, in one sentence: what the method did not do, and what stood in its way.

content_only never deployed: step Resolve the target failed: unknown revision
"""

from __future__ import annotations

from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult
from harness.reports.story import Run, Step, runs_of
from harness.reports.text import one_line

#: Characters of what a step said.
_LONGEST = 240
_TROUBLE = ("::error", "error", "fatal", "denied", "refused", "failed", "unknown", "cannot")


def sentence_of(drill: DrillResult, journal: DrillJournal) -> str:
    """The sentence; '' of a drill that was met."""
    if drill.verdict == "met":
        return ""
    first = drill.causes[0] if drill.causes else "no cause is known"
    match drill.verdict:
        case "inconclusive":
            return f"Nothing is proved: {first}"
        case "error":
            return f"The drill could not be carried through: {first}"
        case _:
            return _unmet(drill, journal, first)


def _unmet(drill: DrillResult, journal: DrillJournal, first: str) -> str:
    who = drill.method or drill.operation or "the response"
    if journal.all("dispatch.rejected"):
        said = one_line(journal.last("dispatch.rejected").get("message"))
        return f"{who} was never started: the dispatch was refused: {said}"
    failed = _failed(journal)
    deployed = drill.time_to_deploy_seconds is not None
    if failed is not None:
        what = "deployed, and then" if deployed else "never deployed:"
        said = _said(failed)
        return f"{who} {what} step {failed.name} failed" + (f": {said}" if said else "")
    if drill.expected == "recovers" and drill.observed == "does not recover":
        what = "deployed, but viewers did not get the site back" if deployed else "changed nothing"
        return f"{who} {what}: {first}"
    if drill.expected == "does not recover" and drill.observed == "recovers":
        return f"{who} mended what it was expected not to mend"
    return f"{who} did what it should for viewers, but {first}"


def _failed(journal: DrillJournal) -> Step | None:
    runs: list[Run] = [run for run in runs_of(journal) if run.role in {"response", "pipeline"}]
    steps = [step for run in runs for step in run.steps if step.outcome == "failure"]
    return steps[0] if steps else None


def _said(step: Step) -> str:
    """The line that says what went wrong: the last that looks like it, else the last of all."""
    lines = [line for line in step.tail if line.strip()]
    trouble = [line for line in lines if any(word in line.lower() for word in _TROUBLE)]
    line = (trouble or lines or [""])[-1]
    told = one_line(line.removeprefix("::error::"))
    return told if len(told) <= _LONGEST else told[:_LONGEST] + " ..."
