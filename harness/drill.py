"""One drill: one incident, one response, one expectation, one verdict.

    with Drill(plan, baselines=..., catalogue=..., journal=..., directory=..., clock=...) as drill:
        drill.open("staging")
        drill.check_steady_state()
        drill.ship("html-truncated")
        drill.see_symptom()
        drill.roll_back("content_only")
        verdict = drill.conclude("recovers")

Works without pytest; the steps of the features are one call each. The journal tells all of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from harness import injection, responses
from harness.baseline import Baselines
from harness.camera import Camera
from harness.clock import Clock
from harness.course import Course, there
from harness.errors import DrillError, UnmetError
from harness.github.actors import Actor, Cast
from harness.incidents import Catalogue
from harness.journal import Journal
from harness.judgement import DOES_NOT_RECOVER, Verdict, judge
from harness.observing import Dispatched, observe
from harness.others import Others
from harness.placeholders import spelled_out
from harness.responses import Response
from harness.scene import Scene, open_scene
from harness.settings import EmergencyWorkflow
from harness.world import World


@dataclass(frozen=True)
class Plan:
    """What a drill is, before it begins. The seed makes up its people and what they say."""

    id: str
    feature: str
    scenario: str
    seed: int
    runner: str
    cloud: str
    versions: Mapping[str, str]
    #: Which site it is: `repository` as on GitHub, and the `commit` that is drilled, None without one.
    site: Mapping[str, str | None]


class Drill:
    """Conducts one drill in a world of its own; a context manager that leaves nothing behind."""

    def __init__(
        self,
        plan: Plan,
        *,
        baselines: Baselines,
        catalogue: Catalogue,
        journal: Journal,
        directory: Path,
        clock: Clock,
        interval: float = 0.2,
        run_timeout: float = 300,
        camera: Camera | None = None,
    ) -> None:
        """Nothing is opened before the first step.

        Args:
            plan: what it is.
            baselines: the worlds to begin from.
            catalogue: the incidents there are.
            journal: told everything.
            directory: the drill's own, for the world.
            clock: whose time counts.
            interval: seconds between two probes.
            run_timeout: seconds after which a workflow run is ended.
            camera: takes pictures of what viewers see, when there is one.
        """
        self.plan = plan
        self.journal = journal
        self.verdict: Verdict | None = None
        self._baselines = baselines
        self._catalogue = catalogue
        self._directory = directory
        self._clock = clock
        self._interval = interval
        self._run_timeout = run_timeout
        self._camera = camera
        self._cast = Cast(plan.seed)
        self._stack = ExitStack()
        self._http = self._stack.enter_context(httpx.Client(trust_env=False, timeout=10))
        self._course = Course(journal)
        self._opened: Scene | None = None
        self._those: Others | None = None
        self._shipping_trouble = ""
        self._must_say = ""
        self._dispatched: Dispatched | None = None

    def __enter__(self) -> Drill:
        """Begin the journal."""
        about = {name: value for name, value in asdict(self.plan).items() if name != "id"}
        self.journal.write("drill.started", drill=self.plan.id, **about)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Close the world; an interrupted or broken drill says where it stopped."""
        if kind is not None and not issubclass(kind, Exception):
            self.interrupted(kind.__name__)
        elif kind is not None:
            self.give_up(str(error) or kind.__name__)
        try:
            self._stack.close()
            shutil.rmtree(self._directory, ignore_errors=True)
        finally:
            self.journal.write("drill.finished", seconds=round(self.journal.elapsed(), 3))

    @property
    def world(self) -> World:
        """The drill's world; there from `open` on."""
        return self._scene.world

    @property
    def others(self) -> Others:
        """Who else does something; there from `open` on."""
        return there(self._those, "a world: open one first")

    # The steps, in their order.

    def open(self, environment: str, *, release: str | None = None, first: bool = False) -> None:
        """A world in which the site's newest release is live in this environment, watched.

        Args:
            environment: one of the site's.
            release: the tag that this release must have; any, when not given.
            first: it is the first release that ever was.
        """
        self._course.enter("world")
        self._opened = open_scene(
            environment,
            baselines=self._baselines,
            stack=self._stack,
            directory=self._directory,
            journal=self.journal,
            clock=self._clock,
            new_id=self._cast.run_id,
            http=self._http,
            interval=self._interval,
            run_timeout=self._run_timeout,
            first=first,
        )
        live = self._opened.baseline.live
        self._those = Others(self._opened, self._cast, live=lambda: self._course.live)
        self._course.environment, self._course.now_live = environment, live
        if release is not None and release != live.tag:
            raise DrillError(
                f"the newest release is {live.tag}, not {release}",
                hint=f"{environment} serves its newest release, whatever it is called",
            )

    def check_steady_state(self) -> None:
        """Is the site, whole, as the live release has it? If not, nothing can be drilled."""
        self._course.look("steady")
        findings = self._scene.viewer.findings(self._course.live, known=())
        self.journal.write("steady", healthy=not findings, findings=findings)
        if findings:
            self._course.doubts.append(f"the site was not healthy to begin with: {findings[0]}")

    def note_incident(self, incident: str, *, via: str) -> None:
        """Say which incident this is about, and how it is put in; somebody else may do that."""
        self._course.enter("inject")
        self._course.noted, self._course.via = self._catalogue.get(incident), via
        self._course.plan()
        self._picture("before")

    def ship(self, incident: str, *, release: str | None = None) -> None:
        """Ship the incident as the next release, through the site's own pipeline.

        Args:
            incident: its id.
            release: the tag that this release must have; any, when not given.
        """
        self.note_incident(incident, via="release")
        if self._course.doubts:
            return
        scene = self._scene
        shipped = injection.ship(
            scene.world,
            self._course.incident,
            scene.environment,
            after=scene.baseline.live,
            cast=self._cast,
            author=scene.baseline.author,
        )
        if release is not None and release != shipped.release.tag:
            raise DrillError(f"the next release is {shipped.release.tag}, not {release}")
        if shipped.conclusion != "success":
            trouble = f"; shipping it ended in {shipped.conclusion}: {shipped.cause}"
            self._shipping_trouble = trouble
        self._course.inject(shipped.release)

    def drift(self, incident: str) -> None:
        """Make the incident directly on the live environment."""
        self.note_incident(incident, via="drift")
        if not self._course.doubts:
            injection.drift(self.world, self._course.incident, self._scene.environment)
            self._course.inject()

    def see_symptom(self) -> None:
        """Prove through the edge that viewers see the fault; else the drill is inconclusive."""
        self._course.look("symptom")
        if self._course.doubts:
            return
        begun = self.journal.elapsed()
        why_not = self._scene.viewer.wait_until_it_shows(self._course.incident)
        if why_not:
            self._course.doubts.append(f"the fault never showed: {why_not}{self._shipping_trouble}")
        seconds = round(self.journal.elapsed() - begun, 3)
        self.journal.write("symptom", visible=not why_not, detail=why_not, seconds=seconds)
        self._picture("broken")

    def roll_back(
        self,
        method: str,
        *,
        reason: str | None = None,
        actor: Actor | None = None,
        target_commit: str | None = None,
    ) -> None:
        """Dispatch a rollback by this method, and run the emergency workflow to its end.

        Args:
            method: one of the four.
            reason: why; made up when not given.
            actor: who; somebody who may, when not given.
            target_commit: what is typed into the form; for specific_commit the live release's
                commit at the drill's beginning, when not given.
        """
        if target_commit is not None:
            target_commit = spelled_out(target_commit, self.others.commits)
        response = responses.rollback(
            method,
            baseline=self._scene.baseline,
            live=self._course.live,
            target_commit=target_commit,
            form=self._form,
        )
        self._respond(response, reason, actor)

    def hot_fix(
        self, *, immediate: bool = True, reason: str | None = None, actor: Actor | None = None
    ) -> None:
        """Commit a fix on top of what is live, and dispatch a hotfix, at once or by the pipeline."""
        baseline = self._scene.baseline
        # What is on the branch and not released yet is in the fix, too.
        known = baseline.origin.head() == baseline.live.commit
        commit = injection.fix(
            self.world,
            self._course.incident,
            baseline.live.commit,
            cast=self._cast,
            author=baseline.author,
        )
        response = responses.hotfix(
            commit,
            immediate=immediate,
            infrastructure=baseline.live if known else None,
            form=self._form,
        )
        self._respond(response, reason, actor)

    def conclude(self, expected: str) -> Verdict:
        """Observe, compare with what is expected, and say what came of it.

        Args:
            expected: "recovers" or "does not recover"; must be what the incident's file says.

        Raises:
            ConfigError: the feature expects something else than the incident.
        """
        self._course.expect(expected, scenario=self.plan.scenario, files=self._catalogue.origin)
        return self._conclude(expected, must_be_refused=False)

    def conclude_refused(self, saying: str = "") -> Verdict:
        """As `conclude`, for a request that must be refused: nothing tagged, nothing changed.

        Args:
            saying: words of what whoever asked is told; any will do, when not given.
        """
        self._must_say = saying
        return self._conclude(DOES_NOT_RECOVER, must_be_refused=True)

    def conclude_untouched(self) -> Verdict:
        """As `conclude`, where nobody has asked for anything: no emergency operation began."""
        self._course.enter("respond")
        self._course.response = responses.nothing(self._course.live)
        now = self.journal.elapsed()
        self._dispatched = Dispatched(self._scene.capture(), now, None, "")
        return self._conclude(DOES_NOT_RECOVER, must_be_refused=True)

    def require_audit(self) -> None:
        """The audit trail is complete and without contradiction.

        Raises:
            UnmetError: it is not; says what is missing.
        """
        verdict = there(self.verdict, "a conclusion")
        lines = [cause for cause in verdict.causes if cause.startswith("audit: ")]
        if lines:
            raise UnmetError("; ".join(lines))

    def require_met(self) -> None:
        """The verdict is `met`.

        Raises:
            UnmetError: it is not; says why.
        """
        verdict = there(self.verdict, "a conclusion")
        if verdict.verdict != "met":
            raise UnmetError(f"{verdict.verdict}: {'; '.join(verdict.causes)}")

    # What may happen besides.

    def stranger(self) -> Actor:
        """Somebody who may write, and is no owner of anything."""
        return responses.new_member(self.world, self._cast)

    def give_up(self, cause: str) -> None:
        """Something broke: the verdict is `error`, unless there is one already."""
        if self.verdict is None:
            line = f"in phase {self._course.phase}: {' '.join(cause.split())}"
            self.verdict = Verdict(None, None, "error", (line,))
            self.journal.write("verdict", **asdict(self.verdict))

    def interrupted(self, by: str) -> None:
        """Somebody stops the drill: the journal says where."""
        self.journal.write("interrupted", phase=self._course.phase, by=by)

    # How.

    def _respond(self, response: Response, reason: str | None, actor: Actor | None) -> None:
        self._course.enter("respond")
        self._course.response = response
        self._course.plan()
        if self._course.doubts:
            return
        world, here = self.world, self._scene.environment
        why = (
            self._cast.reason(self._course.incident.title)
            if reason is None
            else spelled_out(reason, {})
        )
        who = actor or responses.somebody_who_may(world, here, self._cast)
        before = self._scene.capture()
        at = self.journal.elapsed()
        ran, rejected = responses.dispatch(world, here, response, reason=why, actor=who.handle)
        self._dispatched = Dispatched(before, at, ran, rejected)

    def _conclude(self, expected: str, *, must_be_refused: bool) -> Verdict:
        self._course.enter("observe")
        self._course.plan(expected, refused=must_be_refused)
        self._course.doubt_what_nobody_saw()
        evidence = None
        if not self._course.doubts:
            evidence = observe(
                self._scene,
                self._course,
                there(self._dispatched, "a response"),
                self.others,
                drill=self.plan.id,
                must_be_refused=must_be_refused,
                must_say=self._must_say,
            )
            self._picture("after")
        self._course.enter("verdict")
        self.verdict = judge(expected, evidence, self._course.doubts)
        self.journal.write("verdict", **asdict(self.verdict))
        return self.verdict

    def _picture(self, moment: str) -> None:
        known = self._opened is not None and self._course.noted is not None
        if self._camera is not None and known and not self._course.doubts:
            path = self._scene.viewer.page_of(self._course.incident)
            url = self._scene.environment.url.rstrip("/") + path
            self._camera.take(moment, url, path=path, journal=self.journal)

    @property
    def _scene(self) -> Scene:
        return there(self._opened, "a world: open one first")

    @property
    def _form(self) -> EmergencyWorkflow:
        return self.world.settings.workflows.emergency
