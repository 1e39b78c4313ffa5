"""What other people do while the engineer on call works, and what must come of it.

others = Others(scene, cast, live=lambda: release)
others.start_rollback("last_known_good")    # goes on by itself
others.push("main")
others.broken_promises(read_journal(path))  # what should not have come of it, a line each
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from harness import responses
from harness.approvals import alone, approve, reject
from harness.checks.turns import unapproved, unasked
from harness.dispatcher import Ran
from harness.errors import DrillError
from harness.github.actors import Actor, Cast
from harness.github.changes import add_harmless_change
from harness.github.history import Release
from harness.github.pushes import Pusher
from harness.github.runs import Run
from harness.journal import Record
from harness.meeting import Meeting
from harness.placeholders import spelled_out
from harness.scene import Scene

#: What a run is for in a drill that is no part of the response.
ROLE = "other"
#: Seconds that a run may take to begin.
BEGINS_WITHIN = 60.0
#: The branch that nobody has merged.
BRANCH = "unmerged"
_HALF_A_PAGE = "<!doctype html>\n<html><head><title>Half a page</title></head><body>"


class Others:
    """A drill's other people; whatever they start goes on by itself."""

    def __init__(self, scene: Scene, cast: Cast, *, live: Callable[[], Release]) -> None:
        """Nobody has done anything yet.

        Args:
            scene: where.
            cast: makes up who they are and what they say.
            live: the release that is live.
        """
        self._scene = scene
        self._cast = cast
        self._live = live
        self._unmerged = ""
        self._must_be_approved = False
        self._gives_way: list[Run] = []
        self._goes_to_its_end: list[Run] = []
        self._broken: list[str] = []

    @property
    def commits(self) -> dict[str, str]:
        """Commits, and what is taken for one, that features can only name: by what they call them."""
        good = self._scene.baseline.live
        objects = self._scene.world.origin.tips()
        return {
            "good release": good.commit,
            "tag object of the good release": objects.get(f"refs/tags/{good.tag}", ""),
            "bad release": self._live().commit,
            "unmerged work": self._unmerged,
        }

    # Who asks, and who is asked.

    def called(self, handle: str) -> Actor:
        """Somebody of this handle, who may write."""
        self._scene.world.community.introduce(handle, "write")
        return Actor(handle)

    def reader(self) -> Actor:
        """Somebody who belongs to the organisation, and may only read."""
        who = self._cast.actor()
        self._scene.world.community.introduce(who.handle, "read")
        return who

    def outsider(self) -> Actor:
        """Somebody whom nobody knows."""
        return self._cast.actor()

    def approve(self) -> None:
        """Whoever may is there to approve; before another one does, nothing may happen."""
        self._scene.world.dispatcher.decide = approve
        self._must_be_approved = True

    def leave_alone(self) -> None:
        """Nobody is there to approve but who asks."""
        self._scene.world.dispatcher.decide = alone

    def reject(self) -> None:
        """Whoever may approve says no."""
        self._scene.world.dispatcher.decide = reject

    # Pushes, and whatever else might start something.

    def push(self, branch: str, *, whole: bool = True) -> None:
        """Push a harmless change to a branch, and let come what comes of it.

        Args:
            branch: which; one that is not there yet begins at the default branch.
            whole: whether the change can be built.
        """
        world, who = self._scene.world, self._colleague()
        content, news = world.settings.site.content, self._cast.news()

        def change(tree: Path) -> None:
            add_harmless_change(tree, content, "next", news)
            if not whole:
                (tree / content / "half.html").write_text(_HALF_A_PAGE, encoding="utf-8")

        origin = world.origin
        message = self._cast.commit_message()
        commit = origin.commit(
            change, message=message, author=who, when=origin.next_time(), branch=branch
        )
        if branch != origin.default_branch:
            self._unmerged = commit
        world.control.pushes.pushed(Pusher(who.handle, role=ROLE))
        world.dispatcher.settled()

    def push_tag(self, tag: str) -> None:
        """Tag the head of the default branch, push the tag, and let come what comes of it."""
        world, who = self._scene.world, self._colleague()
        origin = world.origin
        origin.tag_release(tag, origin.head(), author=who, when=origin.next_time())
        world.control.pushes.pushed(Pusher(who.handle, role=ROLE))
        world.dispatcher.settled()

    def let_schedules_come_round(self) -> None:
        """Let the time come of every workflow that has one."""
        world, who = self._scene.world, self._colleague()
        for workflow in world.control.library.every(world.origin.head()):
            if "schedule" in workflow.triggers:
                world.control.fire_schedule(workflow.file, actor=who.handle)
        world.dispatcher.settled()

    def send(self, event: str) -> None:
        """Let another system send an event (`repository_dispatch`) of this type."""
        world = self._scene.world
        words = {"environment": self._scene.environment.name, "operation": "rollback"}
        world.control.dispatch_event(event, words, actor=self._colleague().handle)
        world.dispatcher.settled()

    def ask_with_token_of_a_run(self) -> None:
        """Let a job of a deployment ask for an emergency, with no token but its own.

        The deployment is one of a release that there is not, so that it ends before it does anything.
        """
        world, here = self._scene.world, self._scene.environment
        workflows = world.settings.workflows
        form, how = workflows.emergency, workflows.deploy
        deployed = how.inputs_for(
            environment=here.name, github=here.github, release="no-release", commit=""
        )
        run = world.dispatcher.dispatch(
            how.file,
            ref=world.origin.default_branch,
            inputs=deployed,
            actor=self._colleague().handle,
            role=ROLE,
        )
        world.dispatcher.finished(run)
        place = form.values.environment.get(here.name, here.github)
        words = {"operation": "rollback", "method": "last_known_good", "environment": place}
        inputs = form.inputs_for({**words, "reason": self._cast.reason("Nobody asked")})
        path = f"repos/{world.settings.site.repository}/actions/workflows/{form.file}/dispatches"
        job = world.control.archive.jobs_of(run)[-1]
        with world.token_of_job(run, job) as token:
            httpx.post(
                f"{world.api_url}/api/v3/{path}",
                headers={"authorization": f"Bearer {token}"},
                json={"ref": world.origin.default_branch, "inputs": inputs},
                trust_env=False,
            )
        world.dispatcher.settled()

    # Deployments and operations besides the engineer's.

    def deploy(self) -> None:
        """Begin to deploy the live release once more, by the standard pipeline.

        It stands still at its first change until the response has come up to it.
        """
        world, here, live = self._scene.world, self._scene.environment, self._live()
        how = world.settings.workflows.deploy
        inputs = how.inputs_for(
            environment=here.name, github=here.github, release=live.tag, commit=live.commit
        )
        ref = live.tag if how.ref == "tag" else world.origin.default_branch
        run = world.dispatcher.dispatch(
            how.file, ref=ref, inputs=inputs, actor=self._colleague().handle, role=ROLE
        )
        self._begun(run)

    def start_rollback(self, method: str, *, target_commit: str | None = None) -> None:
        """Begin a rollback that must not be stopped half-way, and go on as soon as it has begun.

        It stands still at its first change until the response has come up to it.
        """
        run = self._dispatch(method, target_commit)
        self._goes_to_its_end.append(run)
        self._begun(run)

    def queue_rollback(self, method: str) -> None:
        """Ask for a rollback that waits for its turn, and that a newer one shall take the place of.

        https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
        """
        run = self._dispatch(method, None)
        self._gives_way.append(run)

    def roll_back(self, method: str, *, target_commit: str | None = None, fails: bool) -> None:
        """Roll back, to the end; `fails` says whether that is what its run must do."""
        world = self._scene.world
        ran = world.dispatcher.finished(self._dispatch(method, target_commit))
        world.dispatcher.settled()
        failed = ran.conclusion != "success"
        if failed and not fails:
            self._broken.append(f"the colleague's rollback ended in {ran.conclusion}: {_why(ran)}")
        elif fails and not failed:
            self._broken.append("the colleague's rollback did not fail")

    def broken_promises(self, records: Sequence[Record]) -> tuple[str, ...]:
        """What should not have come of all this, one line each."""
        world = self._scene.world
        emergency = world.settings.workflows.emergency.file
        left = []
        for run in self._gives_way:
            now = world.control.run(run.id)
            if now.conclusion != "cancelled":
                left.append(
                    f"run {run.key} waited while a newer one was asked for, and was not given up: "
                    f"it ended in {now.conclusion}"
                )
        for run in self._goes_to_its_end:
            now = world.control.run(run.id)
            if now.conclusion == "cancelled":
                left.append(f"run {run.key} was under way, and was stopped half-way")
            elif now.conclusion != "success":
                left.append(
                    f"run {run.key} was under way, and ended in {now.conclusion}: {now.cause}"
                )
        by_one = unapproved(records) if self._must_be_approved else ()
        return (*self._broken, *left, *unasked(records, emergency), *by_one)

    def _dispatch(self, method: str, target_commit: str | None) -> Run:
        scene = self._scene
        world = scene.world
        if target_commit is not None:
            target_commit = spelled_out(target_commit, self.commits)
        response = responses.rollback(
            method,
            baseline=scene.baseline,
            live=self._live(),
            target_commit=target_commit,
            form=world.settings.workflows.emergency,
        )
        who = self._somebody()
        return responses.start(
            world,
            scene.environment,
            response,
            reason=self._cast.reason("A colleague's attempt"),
            actor=who.handle,
            role=ROLE,
        )

    def _somebody(self) -> Actor:
        return responses.somebody_who_may(self._scene.world, self._scene.environment, self._cast)

    def _colleague(self) -> Actor:
        """Somebody new, who may write."""
        return responses.new_member(self._scene.world, self._cast)

    def _begun(self, run: Run) -> None:
        """See that it has begun; the response meets it at its first change."""
        world = self._scene.world
        meeting = Meeting(
            run.key, archive=world.control.archive, journal=world.journal, clock=world.clock
        )
        world.follow(meeting, at_end=meeting.let_go)
        now = world.control.wait(
            run,
            within=BEGINS_WITHIN,
            until=lambda one: one.status in {"in_progress", "waiting", "completed"},
        )
        if now.over:
            raise DrillError(
                f"run {run.key} of {run.file} was over before it could be met: {now.cause}"
            )


def _why(ran: Ran) -> str:
    return ran.cause or "nothing was said"
