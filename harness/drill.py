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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from harness import injection
from harness.baseline import Baseline, Baselines
from harness.checks.layers import LayerState, capture
from harness.checks.prober import Prober
from harness.checks.recovery import check_recovery
from harness.checks.release import ExpectedRelease, known_hashes
from harness.checks.symptom import why_not_visible
from harness.clock import Clock
from harness.errors import (
    ConfigError,
    DispatchError,
    DrillError,
    PollTimeoutError,
    UnmetError,
)
from harness.github.actors import Actor, Cast
from harness.github.history import Release
from harness.incidents import Catalogue, Incident
from harness.journal import Journal
from harness.judgement import DOES_NOT_RECOVER, Evidence, Target, Verdict, judge
from harness.polling import poll
from harness.world import Environment, Ran, World

#: Seconds that a fault may take to show, and that a mended site may take to be seen healthy.
SHOWS_WITHIN = 5.0
HEALTHY_WITHIN = 2.0


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


@dataclass
class _State:
    """What a drill knows so far; filled in step by step."""

    baseline: Baseline | None = None
    world: World | None = None
    environment: Environment | None = None
    prober: Prober | None = None
    incident: Incident | None = None
    via: str = "none"
    live: Release | None = None
    dispatched_at: float | None = None
    injected_at: float | None = None
    before: LayerState | None = None
    response: Ran | None = None
    rejected: str = ""
    target: Target | None = None
    operation: str = ""
    method: str | None = None
    steady: bool | None = None
    visible: bool | None = None
    shipping_trouble: str = ""
    doubts: list[str] = field(default_factory=list)


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
        self._cast = Cast(plan.seed)
        self._state = _State()
        self._stack = ExitStack()
        self._http = self._stack.enter_context(httpx.Client(trust_env=False, timeout=10))
        self._phase = "begin"

    def __enter__(self) -> Drill:
        """Begin the journal."""
        self.journal.write("drill.started", drill=self.plan.id, **_without_id(self.plan))
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

    # -- the steps ---------------------------------------------------------------------------

    def open(self, environment: str) -> None:
        """A world in which `v1.1.0` is live in this environment, watched from now on."""
        self._enter("world")
        state = self._state
        baseline = self._baselines.get(environment)
        begun = self.journal.elapsed()
        world = self._stack.enter_context(
            self._baselines.clone(
                baseline,
                directory=self._directory,
                journal=self.journal,
                new_id=self._cast.run_id,
                run_timeout=self._run_timeout,
            )
        )
        state.world, state.baseline, state.live = world, baseline, baseline.live
        state.environment = world.environment(environment)
        self.journal.write(
            "world.ready",
            seconds=round(self.journal.elapsed() - begun, 4),
            cloned=True,
            endpoint=world.endpoint,
            site_url=state.environment.url,
        )
        state.prober = self._stack.enter_context(self._make_prober(world, baseline))

    def check_steady_state(self) -> None:
        """Is the site, whole, as the live release has it? If not, nothing can be drilled."""
        self._enter("steady")
        findings = self._findings(self._expected(self._live()))
        self._state.steady = not findings
        self.journal.write("steady", healthy=not findings, findings=findings)
        if findings:
            self._state.doubts.append(f"the site was not healthy to begin with: {findings[0]}")

    def note_incident(self, incident: str, *, via: str) -> None:
        """Say which incident this is about, and how it is put in; somebody else may do that."""
        self._environment()
        self._enter("inject")
        self._state.incident = self._catalogue.get(incident)
        self._state.via = via
        self._planned(expected=None, refused=False)

    def ship(self, incident: str) -> None:
        """Ship the incident as bad release `v1.2.0`, through the site's own pipeline."""
        self.note_incident(incident, via="release")
        world, environment, state = self.world, self._environment(), self._state
        author = self._baseline().author
        if not self._drillable():
            return
        shipped = injection.ship(
            world, self._incident(), environment, cast=self._cast, author=author
        )
        state.live = shipped.release
        if shipped.conclusion != "success":
            state.shipping_trouble = f"; shipping it ended in {shipped.conclusion}: {shipped.cause}"
        self._injected(release=shipped.release.tag, commit=shipped.release.commit)

    def drift(self, incident: str) -> None:
        """Make the incident directly on the live environment."""
        self.note_incident(incident, via="drift")
        world, environment = self.world, self._environment()
        if not self._drillable():
            return
        injection.drift(world, self._incident(), environment)
        self._injected(release=None, commit=None)

    def see_symptom(self) -> None:
        """Prove through the edge that viewers see the fault; else the drill is inconclusive."""
        self._enter("symptom")
        if not self._drillable():
            return
        state, url = self._state, self._environment().url
        begun = self.journal.elapsed()
        seen = ""

        def visible() -> bool | None:
            nonlocal seen
            reasons = [why_not_visible(s, url, self._http) for s in self._incident().symptom]
            seen = next(filter(None, reasons), "")
            return None if seen else True

        try:
            state.visible = poll(
                visible,
                within=SHOWS_WITHIN,
                waiting_for="the symptom",
                clock=self._clock,
                longest_pause=self._interval,
            )
        except PollTimeoutError:
            state.visible = False
            state.doubts.append(f"the fault never showed: {seen}{state.shipping_trouble}")
        self.journal.write(
            "symptom",
            visible=state.visible,
            detail=seen,
            seconds=round(self.journal.elapsed() - begun, 3),
        )

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
        inputs: dict[str, Any] = {"rollback_method": method}
        baseline, live = self._baseline(), self._live()
        # What was good before: the release before the bad one, or before the live one that drifted.
        good = baseline.live if live != baseline.live else baseline.earlier
        infrastructure = content = good
        if method == "specific_commit":
            infrastructure = content = baseline.live
            inputs["target_commit"] = baseline.live.commit
        if target_commit is not None:
            inputs["target_commit"] = target_commit
        if method == "infrastructure_only":
            content = live
        elif method == "content_only":
            infrastructure = live
        layers = {"infrastructure_only": ("infrastructure",), "content_only": ("content",)}
        target = Target(content, infrastructure, layers.get(method, ("infrastructure", "content")))
        self._respond("rollback", method, inputs, target, reason, actor)

    def hot_fix(
        self, *, immediate: bool = True, reason: str | None = None, actor: Actor | None = None
    ) -> None:
        """Commit a fix on top of what is live, and dispatch a hotfix, at once or by the pipeline."""
        world, baseline = self.world, self._baseline()
        commit = injection.fix(
            world,
            self._incident(),
            baseline.live.commit,
            cast=self._cast,
            author=baseline.author,
        )
        fixed = Release("the fix", commit)
        target = Target(fixed, fixed, ("infrastructure", "content"))
        self._respond("hotfix", None, {"immediate_deploy": immediate}, target, reason, actor)

    def conclude(self, expected: str) -> Verdict:
        """Observe, compare with what is expected, and say what came of it.

        Args:
            expected: "recovers" or "does not recover"; must be what the incident's file says.

        Raises:
            ConfigError: the feature expects something else than the incident.
        """
        state, incident = self._state, self._incident()
        response = state.method or state.operation
        known = incident.expected(state.via, response)
        if known != expected:
            raise ConfigError(
                file=self._catalogue.origin / f"{incident.id}.toml",
                key=f"expect.{state.via}.{response}",
                value=known,
                expected=f"{expected!r}, as scenario {self.plan.scenario!r} says",
            )
        return self._conclude(expected, must_be_refused=False)

    def conclude_refused(self) -> Verdict:
        """As `conclude`, for a request that must be refused: nothing tagged, nothing changed."""
        return self._conclude(DOES_NOT_RECOVER, must_be_refused=True)

    def _conclude(self, expected: str, *, must_be_refused: bool) -> Verdict:
        self._enter("observe")
        state = self._state
        self._planned(expected=expected, refused=must_be_refused)
        if state.steady is None:
            state.doubts.append("nobody looked whether the site was healthy to begin with")
        if state.visible is None:
            state.doubts.append("nobody looked whether viewers see the fault")
        evidence = self._observe(must_be_refused) if not state.doubts else None
        self._enter("verdict")
        self.verdict = judge(expected, evidence, state.doubts)
        self.journal.write("verdict", **asdict(self.verdict))
        return self.verdict

    def stranger(self) -> Actor:
        """Somebody who is no owner of anything."""
        return self._cast.actor()

    def require_audit(self) -> None:
        """The audit trail is complete and without contradiction.

        Raises:
            UnmetError: it is not; says what is missing.
        """
        lines = [c for c in self._concluded().causes if c.startswith("audit: ")]
        if lines:
            raise UnmetError("; ".join(lines))

    def require_met(self) -> None:
        """The verdict is `met`.

        Raises:
            UnmetError: it is not; says why.
        """
        verdict = self._concluded()
        if verdict.verdict != "met":
            raise UnmetError(f"{verdict.verdict}: {'; '.join(verdict.causes)}")

    def _concluded(self) -> Verdict:
        return _there(self.verdict, "a conclusion")

    def give_up(self, cause: str) -> None:
        """Something broke: the verdict is `error`, unless there is one already."""
        if self.verdict is None:
            lines = f"in phase {self._phase}: {' '.join(cause.split())}"
            self.verdict = Verdict(None, None, "error", (lines,))
            self.journal.write("verdict", **asdict(self.verdict))

    def interrupted(self, by: str) -> None:
        """Somebody stops the drill: the journal says where."""
        self.journal.write("interrupted", phase=self._phase, by=by)

    # -- how -----------------------------------------------------------------------------------

    def _planned(self, *, expected: str | None, refused: bool) -> None:
        """What is known of the drill so far: the last of these records counts."""
        state, incident = self._state, self._incident()
        self.journal.write(
            "drill.planned",
            incident=incident.id,
            layer=incident.layer,
            via=state.via,
            environment=self._environment().name,
            operation=state.operation or None,
            method=state.method,
            expected=expected,
            refused=refused,
        )

    def _injected(self, *, release: str | None, commit: str | None) -> None:
        record = self.journal.write(
            "injected",
            incident=self._incident().id,
            via=self._state.via,
            release=release,
            commit=commit,
        )
        self._state.injected_at = record.t

    def _respond(
        self,
        operation: str,
        method: str | None,
        inputs: Mapping[str, Any],
        target: Target,
        reason: str | None,
        actor: Actor | None,
    ) -> None:
        self._enter("respond")
        state, world, environment = self._state, self.world, self._environment()
        state.operation, state.method, state.target = operation, method, target
        self._planned(expected=None, refused=False)
        if not self._drillable():
            return
        why = self._cast.reason(self._incident().title) if reason is None else reason
        who = actor or self._somebody_who_may(environment)
        distribution = world.distribution_id(environment)
        state.before = capture(world.clients("checks"), environment.bucket, distribution)
        state.dispatched_at = self.journal.elapsed()
        try:
            state.response = world.dispatch(
                world.settings.workflows.emergency,
                ref="main",
                inputs={
                    "environment": environment.name,
                    "operation": operation,
                    "reason": why,
                    **inputs,
                },
                actor=who.handle,
                role="response",
                said={
                    "environment": environment.name,
                    "operation": operation,
                    "method": method,
                    "reason": why,
                    "target": target.commit,
                },
            )
        except DispatchError as error:
            state.rejected = error.message
            return
        world.run_waiting()

    def _somebody_who_may(self, environment: Environment) -> Actor:
        """Staging: any member. Anything else: an owner of the emergency workflow."""
        if environment.name == "staging":
            return self._cast.actor()
        return Actor(owners_of_emergency(self.world)[0])

    def _observe(self, must_be_refused: bool) -> Evidence:
        state, world, environment = self._state, self.world, self._environment()
        if state.target is None or state.before is None:
            raise DrillError("a drill needs a response before its conclusion")
        content = self._expected(state.target.content)
        findings = self._findings(content)
        if not findings and self._still_shows():
            findings = [f"the symptom of {self._incident().id} still shows"]
        if state.prober is not None and not findings:
            state.prober.wait_for(healthy=True, within=HEALTHY_WITHIN)
        self.journal.write(
            "recovery",
            recovered=not findings,
            release={
                "content": state.target.content.tag,
                "infrastructure": state.target.infrastructure.tag,
            },
            findings=findings,
            files=len(content.files),
        )
        distribution = world.distribution_id(environment)
        return Evidence.gather(
            journal=self.journal,
            clients=world.clients("checks"),
            bucket=environment.bucket,
            distribution=distribution,
            target=state.target,
            content=content,
            state_of_infrastructure=self._baseline().states,
            before=state.before,
            ran=state.response,
            rejected=state.rejected,
            findings=findings,
            injected_at=state.injected_at,
            dispatched_at=state.dispatched_at,
            must_be_refused=must_be_refused,
        )

    def _still_shows(self) -> bool:
        """A fault that leaves every page whole and every link alive is known by its symptom only."""
        url = self._environment().url
        return not any(why_not_visible(s, url, self._http) for s in self._incident().symptom)

    def _findings(self, expected: ExpectedRelease) -> list[str]:
        baseline = self._baseline()
        releases = {*baseline.releases, self._live()}
        known = known_hashes([self._expected(release) for release in releases])
        recovery = check_recovery(
            self._environment().url,
            expected,
            http=self._http,
            known=known,
            hosts=[self._environment().alias],
            missing_path=f"/no-such-page-{self._cast.run_id()}.html",
        )
        return list(recovery.findings)

    def _expected(self, release: Release) -> ExpectedRelease:
        return self._baselines.expected(self.world.origin, release.tag, release.commit)

    def _make_prober(self, world: World, baseline: Baseline) -> Prober:
        """Healthy is what any good release would serve at the watched addresses."""
        releases = [
            self._baselines.expected(world.origin, release.tag, release.commit)
            for release in baseline.releases
        ]
        watched = {}
        for path in world.settings.site.watch:
            name = "/index.html" if path == "/" else path
            files = [release.file(name) for release in releases]
            watched[path] = frozenset(file.sha256 for file in files if file is not None)
        return Prober(
            self._environment().url,
            watched,
            world.settings.headers,
            journal=self.journal,
            clock=self._clock,
            interval=self._interval,
        )

    def _drillable(self) -> bool:
        return not self._state.doubts

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self.journal.write("phase", name=phase)

    @property
    def world(self) -> World:
        """The drill's world; there from `open` on."""
        return _there(self._state.world, "a world: open one first")

    def _baseline(self) -> Baseline:
        return _there(self._state.baseline, "a world: open one first")

    def _environment(self) -> Environment:
        return _there(self._state.environment, "a world: open one first")

    def _live(self) -> Release:
        return _there(self._state.live, "a world: open one first")

    def _incident(self) -> Incident:
        return _there(self._state.incident, "an incident: ship or make one first")


T = TypeVar("T")


def owners_of_emergency(world: World) -> list[str]:
    """The handles that CODEOWNERS names for the emergency workflow: the last line that matches.

    https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners

    Raises:
        DrillError: there is none.
    """
    text = world.origin.read_file(world.origin.head(), ".github/CODEOWNERS") or ""
    owners: list[str] = []
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern == "*" or (pattern and "/.github/workflows/".startswith(pattern)):
            owners = [name.removeprefix("@") for name in names if "/" not in name]
    if not owners:
        raise DrillError(
            ".github/CODEOWNERS names no person for the emergency workflow",
            hint="production needs somebody who may start it",
        )
    return owners


def _there(value: T | None, what: str) -> T:
    if value is None:
        raise DrillError(f"this step needs {what}")
    return value


def _without_id(plan: Plan) -> dict[str, Any]:
    return {name: value for name, value in asdict(plan).items() if name != "id"}
