"""What the drills have shown: for each symptom, which responses bring the site back, and how fast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from harness.errors import SitedrillError
from harness.incidents import Catalogue
from harness.reports.journals import DrillJournal
from harness.reports.results import DrillResult, results_of
from harness.reports.text import one_line
from harness.runbook.times import coarse
from harness.settings import EmergencyWorkflow

#: Of two that are as fast, the one that touches less comes first.
_NARROWEST = ("content_only", "infrastructure_only", "specific_commit", "last_known_good", "hotfix")


@dataclass(frozen=True)
class Response:
    """How an emergency is answered: `target` says whether a target is typed into the form.

    `immediate` is None for a rollback; of a hotfix it says whether it is deployed at once.
    """

    operation: str
    method: str | None
    target: bool = False
    immediate: bool | None = None

    @property
    def name(self) -> str:
        """In the words of drills."""
        return self.method or self.operation

    @property
    def rank(self) -> tuple[int, bool, bool]:
        """In which order responses are told where nothing else counts."""
        return (_NARROWEST.index(self.name), self.target, self.immediate is False)


@dataclass(frozen=True)
class Way:
    """A response, and how many seconds passed from the dispatch until viewers had the site back."""

    response: Response
    seconds: float


@dataclass(frozen=True)
class Symptom:
    """What viewers see, how it came (`release` or `drift`), and what helps, the fastest first."""

    incident: str
    title: str
    seen: str
    via: str
    ways: Sequence[Way]
    useless: Sequence[Response]


@dataclass(frozen=True)
class Guide:
    """All that the drills have shown, and what they have not: drills that prove nothing, and why."""

    symptoms: Sequence[Symptom]
    unproved: Sequence[tuple[str, str]]
    drilled_in: Sequence[str]


@dataclass(frozen=True)
class _Shown:
    incident: str
    via: str
    response: Response
    drill: DrillResult


def guide_of(
    journals: Sequence[DrillJournal], *, form: EmergencyWorkflow, catalogue: Catalogue
) -> Guide:
    """What these drills have shown.

    Args:
        journals: of the last drills.
        form: the site's emergency workflow, as its settings have it now.
        catalogue: where titles and symptoms are looked up that older journals do not tell.

    Raises:
        SitedrillError: a journal cannot be read, or none of them drills a response.
    """
    for journal in journals:
        if journal.unreadable:
            raise SitedrillError(
                f"{journal.path}: {journal.unreadable}",
                hint="a runbook is written from whole drills; drill again",
            )
    shown: dict[tuple[str, str, Response], list[DrillResult]] = {}
    words: dict[str, tuple[str, str]] = {}
    unproved: list[tuple[str, str]] = []
    environments: set[str] = set()
    for journal, drill in zip(journals, results_of(journals).drills, strict=True):
        one = _shown(journal, drill, form)
        if one is None:
            continue
        words[one.incident] = _words(journal, one.incident, catalogue)
        environments.add(drill.environment or "")
        shown.setdefault((one.incident, one.via, one.response), []).append(drill)
        if drill.verdict != "met":
            unproved.append((drill.id, drill.verdict))
        elif _other_form(journal, form):
            unproved.append((drill.id, "drilled with another form than the settings describe now"))
    if not shown:
        raise SitedrillError(
            "none of these drills answers an emergency",
            hint="`sitedrill run` drills some; name the folder it was given as --out",
        )
    out = {name for name, _ in unproved}
    proved: dict[tuple[str, str], dict[Response, list[DrillResult]]] = {}
    for (incident, via, response), drills in shown.items():
        good = [drill for drill in drills if drill.id not in out]
        if any(drill.verdict == "unmet" for drill in drills):
            # What fails now and then is no way out; the drills that met it are no proof.
            unproved += [(drill.id, "another drill of the same was unmet") for drill in good]
        elif len({drill.observed for drill in good}) > 1:
            unproved += [(drill.id, f"{drill.observed}; others differ") for drill in good]
        elif good:
            proved.setdefault((incident, via), {})[response] = good
    return Guide(
        symptoms=[
            _symptom(incident, via, words[incident], found)
            for (incident, via), found in sorted(proved.items(), key=_in_order)
        ],
        unproved=sorted(unproved),
        drilled_in=sorted(environments - {""}),
    )


def _in_order(item: tuple[tuple[str, str], object]) -> tuple[str, bool]:
    (incident, via), _ = item
    return incident, via == "drift"


def _symptom(
    incident: str,
    via: str,
    words: tuple[str, str],
    found: Mapping[Response, Sequence[DrillResult]],
) -> Symptom:
    ways, useless = [], []
    for response, drills in found.items():
        if drills[0].observed == "recovers":
            times = [d.recovery_seconds for d in drills if d.recovery_seconds is not None]
            ways.append(Way(response, median(times) if times else 0.0))
        else:
            useless.append(response)
    return Symptom(
        incident, *words, via, sorted(ways, key=fastest_first), sorted(useless, key=_rank)
    )


def fastest_first(way: Way) -> tuple[object, ...]:
    """By its time as it is told; of two that are as fast, the one that touches less.

    A hotfix comes last: no drill measures how long it takes to write one.
    """
    return (way.response.method is None, coarse(way.seconds), *way.response.rank)


def _rank(response: Response) -> tuple[int, bool, bool]:
    return response.rank


def _shown(journal: DrillJournal, drill: DrillResult, form: EmergencyWorkflow) -> _Shown | None:
    """What the drill is about; None where it does not try to mend anything.

    A request that had to be refused, or that a reviewer rejected, says nothing about its method.
    """
    refused = journal.last("drill.planned").get("refused") is True or journal.all(
        "dispatch.rejected"
    )
    rejected = any(review.data.get("state") == "rejected" for review in journal.all("review"))
    if refused or rejected or not (drill.operation and drill.incident and drill.via):
        return None
    if drill.operation == "rollback" and drill.method is None:
        return None
    inputs = _inputs(journal)
    immediate = None
    if drill.operation == "hotfix":
        name = form.inputs.immediate
        no = str(form.values.immediate.get("false", "false")).lower()
        immediate = None if name is None else str(inputs.get(name)).lower() != no
    target = form.inputs.target is not None and bool(inputs.get(form.inputs.target))
    response = Response(drill.operation, drill.method, target, immediate)
    return _Shown(drill.incident, drill.via, response, drill)


def _dispatches(journal: DrillJournal) -> Iterator[Mapping[str, object]]:
    return (r.data for r in journal.all("dispatched") if r.data.get("role") == "response")


def _inputs(journal: DrillJournal) -> Mapping[str, object]:
    for data in _dispatches(journal):
        inputs = data.get("inputs")
        if isinstance(inputs, dict):
            return inputs
    return {}


def _other_form(journal: DrillJournal, form: EmergencyWorkflow) -> bool:
    """Whether what was dispatched then is not what would be dispatched now."""
    names = form.inputs.model_dump()
    for data in _dispatches(journal):
        inputs, theirs = data.get("inputs"), data.get("theirs")
        if not isinstance(inputs, dict) or not isinstance(theirs, dict):
            continue
        words = {word: data.get(word) for word in ("operation", "method") if data.get(word)}
        now = {word: str(value) for word, value in form.theirs(words).items()}
        filled = {name: str(value) for name, value in form.always.items()}
        filled |= {names[word]: value for word, value in now.items()}
        if data.get("workflow") != form.file or any(
            str(inputs.get(name)).lower() != value.lower() for name, value in filled.items()
        ):
            return True
    return False


def _words(journal: DrillJournal, incident: str, catalogue: Catalogue) -> tuple[str, str]:
    """Its title and what viewers see, from the journal; of an older one, from the incident's file."""
    planned = journal.last("drill.planned")
    title, seen = one_line(planned.get("title")), one_line(planned.get("symptom"))
    known = catalogue.incidents.get(incident)
    if not title and known is not None:
        title, seen = one_line(known.title), one_line(known.story)
    title = title or incident
    return title, seen or title
