"""The course of a game day.

    check -> capture -> for each incident: steady -> inject -> symptom -> respond -> restore
          -> validate -> review

    ended = Day(stage, desk, journal, directory, clock=clock, pace=pace).run()

A stop, at whatever moment, puts everything back at once, in reverse order, and compares it with what was
captured. Whatever else goes wrong does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from harness.checks.asking import Asker
from harness.checks.prober import Prober
from harness.clock import Clock
from harness.errors import SitedrillError
from harness.gameday.desk import Desk
from harness.gameday.expected import accepted_bodies
from harness.gameday.github import GitHubError
from harness.gameday.pace import Pace
from harness.gameday.plan import PlannedIncident
from harness.gameday.proof import Proof, prove
from harness.gameday.returning import caches_forget, take_back
from harness.gameday.stage import Stage
from harness.gameday.stops import StoppedError, Stops
from harness.gameday.trail import trail_of
from harness.gameday.undo import Outcome, Undo
from harness.gameday.validation import validate
from harness.gameday.watchers import watching
from harness.journal import Journal

#: Healthy samples in a row that count as recovered.
CONFIRMED = 3


class RefusedError(SitedrillError):
    """The day may not begin; nothing was changed."""


@dataclass(frozen=True)
class Ended:
    """How a day ended.

    Attributes:
        stopped: why it was stopped; empty when it went through.
        to_do: what people have to do now; empty when everything is as captured.
        findings: what validation found, one line each.
    """

    stopped: str
    to_do: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def restored(self) -> bool:
        """Whether the environment is as it was captured."""
        return not self.to_do


class Day:
    """One game day."""

    def __init__(
        self,
        stage: Stage,
        desk: Desk,
        journal: Journal,
        directory: Path,
        *,
        clock: Clock,
        pace: Pace,
    ) -> None:
        """Nothing is asked yet.

        Args:
            stage: what it is held on.
            desk: where everything comes in.
            journal: told everything.
            directory: of the day; the undo journals go there.
            clock: whose time counts.
            pace: how often is looked.
        """
        self._stage = stage
        self._desk = desk
        self._journal = journal
        self._directory = directory
        self._clock = clock
        self._pace = pace
        self._undos: list[Undo] = []
        self._audited: set[int] = set()
        self._stops: Stops

    def run(self) -> Ended:
        """Hold the day; whatever happens, the environment is put back.

        Raises:
            RefusedError: it may not begin; nothing was changed.
        """
        stage, journal = self._stage, self._journal
        plan = stage.plan
        journal.write(
            "gameday.started",
            title=plan.title,
            environment=plan.environment,
            url=stage.url,
            release=stage.expected.name,
            rehearsal=stage.rehearsal,
            plan=plan.model_dump(mode="json"),
            repository=stage.settings.site.repository,
        )
        self._phase("check")
        proof = prove(stage)
        self._refuse(proof)
        self._phase("capture")
        self._capture_all()
        self._stops = Stops(plan.stop, self._desk, journal, self._clock)
        stopped = ""
        with ExitStack() as stack:
            stack.enter_context(
                watching(
                    stage,
                    self._desk,
                    journal,
                    self._directory,
                    since=self._clock.now(),
                    pace=self._pace.look,
                    pictures=self._pace.pictures,
                )
            )
            asker = Asker(stage.url, timeout=2.0)
            stack.callback(asker.close)
            stack.enter_context(self._prober(asker))
            try:
                self._go_through()
            except StoppedError as error:
                stopped = error.message
            except (SitedrillError, ClientError, BotoCoreError) as error:
                stopped = f"it could not go on: {error}"
                journal.write("stop", reason=stopped, by="sitedrill")
            finally:
                to_do = self.restore()
            self._phase("validate")
            findings = self._validated()
        self._phase("review")
        journal.write(
            "gameday.finished",
            stopped=stopped,
            to_do=to_do,
            findings=findings,
            seconds=round(journal.elapsed(), 1),
        )
        return Ended(stopped, tuple(to_do), tuple(findings))

    # Before -------------------------------------------------------------------------------------

    def _refuse(self, proof: Proof) -> None:
        for one in proof.proved:
            self._journal.write("proved", what=one.what, why_not=one.why_not)
        for blast in proof.blast:
            self._journal.write(
                "blast",
                incident=blast.incident,
                resource=blast.change.resource,
                says=blast.change.says,
                back=blast.back,
            )
        if proof.refusals:
            self._journal.write("refused", refusals=proof.refusals)
            raise RefusedError(
                "the game day may not begin: " + "; ".join(proof.refusals),
                hint="nothing was changed",
            )

    def _capture_all(self) -> None:
        """Everything that any incident will change is on disk, and read back, before the first."""
        for number, planned in enumerate(self._stage.plan.incidents, start=1):
            undo = self._capture(number, planned)
            self._undos.append(undo)
            self._journal.write(
                "captured",
                incident=planned.incident,
                number=number,
                resources=len(undo.changes) + len(undo.watched),
                directory=str(self._folder(number, planned)),
            )

    def _capture(self, number: int, planned: PlannedIncident) -> Undo:
        stage = self._stage
        return Undo.capture(
            self._folder(number, planned),
            stage.aws,
            stage.changes(planned),
            token=f"{self._directory.name}-{number}",
            watched=stage.watched(planned),
        )

    def _folder(self, number: int, planned: PlannedIncident) -> Path:
        return self._directory / "undo" / f"{number:02}-{planned.incident}"

    def _prober(self, asker: Asker) -> Prober:
        stage = self._stage
        return Prober(
            stage.url,
            accepted_bodies(stage.settings.site.watch, [stage.expected]),
            stage.settings.headers,
            journal=self._journal,
            clock=self._clock,
            interval=self._pace.sample,
            ask=asker,
            told=self._desk.sample,
        )

    # The incidents ------------------------------------------------------------------------------

    def _go_through(self) -> None:
        for number, planned in enumerate(self._stage.plan.incidents, start=1):
            self._steady(planned)
            undo = self._undos[number - 1]
            if not undo.is_current():
                # The team has deployed since: what is captured is what is there now.
                undo = self._undos[number - 1] = self._capture(number, planned)
            outcome = self._one(number, planned, undo)
            self._journal.write(
                "incident.finished", number=number, incident=planned.incident, outcome=outcome
            )
            self._desk.end()
            self._audit()
            if outcome == "recovered":
                self._keep_repair(undo)
            if self._put_back([undo]):
                self._stops.stop(
                    f"{planned.incident} left something to be done by people", "sitedrill"
                )

    def _steady(self, planned: PlannedIncident) -> None:
        """No incident begins on a site that is not healthy.

        Raises:
            StoppedError: it is not.
        """
        self._phase("steady", planned.incident)
        until = self._clock.monotonic() + self._pace.settles
        while findings := self._stage.findings():
            self._stops.go_on()
            if self._clock.monotonic() >= until:
                self._stops.stop(f"the site is not in its steady state: {findings[0]}")
            self._desk.wait(1.0)
        self._journal.write("steady", healthy=True, findings=[])

    def _one(self, number: int, planned: PlannedIncident, undo: Undo) -> str:
        """One incident, until it is over: `recovered`, `time box` or `never showed`."""
        self._phase("inject", planned.incident)
        for change in range(len(undo.changes)):
            self._stops.go_on()
            undo.make(change)
        self._desk.begin(number, planned.incident)
        until = self._clock.monotonic() + planned.time_box
        for problem in self._forget(f"{number}-in"):
            self._stops.stop(problem, "sitedrill")
        self._phase("symptom", planned.incident)
        shows_until = min(until, self._clock.monotonic() + self._pace.shows)
        incident = self._stage.incident(planned)
        while why := self._stage.why_not_shown(incident):
            self._stops.go_on()
            if self._clock.monotonic() >= shows_until:
                self._journal.write("symptom", visible=False, detail=why)
                return "never showed"
            self._desk.wait(0.5)
        self._journal.write("symptom", visible=True, detail="")
        self._phase("respond", planned.incident)
        while True:
            self._stops.go_on()
            if self._has_recovered(planned):
                return "recovered"
            if self._clock.monotonic() >= until:
                return "time box"
            self._desk.wait(min(0.5, max(0.05, until - self._clock.monotonic())))

    def _has_recovered(self, planned: PlannedIncident) -> bool:
        """Whether viewers have everything back, and nobody's run is still at work on it."""
        row, since = self._desk.healthy_for()
        if row < CONFIRMED or self._desk.runs_going_on():
            return False
        if not self._stage.why_not_shown(self._stage.incident(planned)):
            return False
        if self._stage.findings():
            return False
        self._desk.evidence("recovered", since, f"viewers get {self._stage.expected.name}")
        return True

    def _keep_repair(self, undo: Undo) -> None:
        """What the team has made of it is kept, if viewers have everything back.

        A rollback may well leave another configuration than the one that was captured.
        """
        undo.restore()
        for change in undo.accept():
            self._journal.write("kept", resource=change.resource, why="the team's repair")

    def _audit(self) -> None:
        """Look for the trail of every emergency run, once each."""
        stage, emergency = self._stage, self._stage.settings.workflows.emergency.file
        for run in list(self._desk.runs.values()):
            if stage.github is None or run.id in self._audited or run.workflow != emergency:
                continue
            self._audited.add(run.id)
            try:
                trail = trail_of(run, stage.github, stage.settings.audit.tags)
            except GitHubError as error:
                self._journal.write("watcher.failed", watcher="audit", error=str(error))
                continue
            self._journal.write(
                "audit",
                run=run.id,
                found=dict(trail.found),
                places=dict(trail.places),
                missing=trail.missing,
            )

    # Back ---------------------------------------------------------------------------------------

    def restore(self) -> list[str]:
        """Put everything back, the last incident first; what is left for people, one line each."""
        self._desk.end()
        return self._put_back([undo for undo in reversed(self._undos) if undo.begun])

    def _put_back(self, undos: Sequence[Undo]) -> list[str]:
        if not undos:
            return []
        self._phase("restore")
        to_do: list[str] = []
        for undo in undos:
            back = take_back(undo, self._told)
            self._journal.write(
                "verified", differences=list(back.differences), conflicts=back.conflicts
            )
            to_do += back.to_do
        return to_do + self._forget(f"back-{len(list(self._directory.glob('undo/*')))}")

    def _told(self, outcome: Outcome) -> None:
        self._journal.write(
            "restored",
            resource=outcome.change.resource,
            returned=outcome.word,
            to_do=outcome.to_do,
        )

    def _forget(self, what: str) -> list[str]:
        """Let the caches forget; a fault, or its end, is then seen at once."""
        reference = f"{self._directory.name}-{what}-{self._clock.now().timestamp()}"
        return caches_forget(self._stage.aws, self._stage.plan.aws.distribution, reference)

    def _validated(self) -> list[str]:
        """What is not as it should be once all is over; waits for the site to settle."""
        until = self._clock.monotonic() + self._pace.settles
        while self._stage.findings() and self._clock.monotonic() < until:
            self._clock.sleep(0.5)
        found = validate(self._stage)
        for area in found:
            self._journal.write(
                "validated", area=area.name, findings=list(area.findings), looked_at=area.looked_at
            )
        return [line for area in found for line in area.findings]

    def _phase(self, name: str, incident: str = "") -> None:
        self._journal.write("phase", name=name, incident=incident)
