"""What happens next in a run: which jobs come to be, which wait, which may be executed, what came of it.

Everything is worked out from what is written down, within one change of the archive: a process that is
killed at any moment leaves a state from which another goes on.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.clock import Clock
from harness.errors import DispatchError
from harness.github.archive import Archive
from harness.github.cancelling import Cancelling
from harness.github.contexts import need_of
from harness.github.expressions import ExpressionError, is_true
from harness.github.frames import Book, Frame, Frames, book_of, is_ours
from harness.github.groups import Groups, Holder, deadlocked
from harness.github.jobs import JobDeclaration
from harness.github.library import Library
from harness.github.openings import ended, group_of, open_job
from harness.github.permissions import RESTRICTED
from harness.github.protection import Rules
from harness.github.runs import Conclusion, Done, Job, Run, Step

JOBS_FROM = 40_000_000_001
#: What GitHub says of a job whose runner answers no more.
#: https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/monitor-and-troubleshoot
LOST = "The self-hosted runner lost communication with the server."

Moment = Callable[[Run, str], None]
JobMoment = Callable[[Run, Job], None]


class Scheduler:
    """Moves runs on; every method is called within a change of the archive."""

    def __init__(
        self,
        archive: Archive,
        library: Library,
        *,
        rules: Callable[[str], Rules],
        variables: Callable[[str], Mapping[str, str]],
        clock: Clock,
        default_branch: str,
        labels: frozenset[str],
        run_moved: Moment,
        job_moved: JobMoment,
        stop: Callable[[Job], None],
    ) -> None:
        """Nothing moves yet.

        Args:
            archive: what is written down.
            library: the workflows.
            rules: what protects an environment.
            variables: of the repository, with those of an environment where one is named.
            clock: whose time counts.
            default_branch: of the repository.
            labels: of the runners that there are.
            run_moved: told of a run that was `requested`, is `in_progress` or `completed`.
            job_moved: told of a job whose status is another.
            stop: asks whoever executes a job to end it.
        """
        self._archive = archive
        self.frames = Frames(library, variables=variables, default_branch=default_branch)
        self._rules = rules
        self._clock = clock
        self._labels = labels
        self._run_moved = run_moved
        self._job_moved = job_moved
        self.cancelling = Cancelling(archive, self, stop=stop)
        self._groups = Groups(archive, end=self.cancelling.displace, go_on=self._take_turn)
        #: The runs that are being moved on, and those of them that have to be looked at once more.
        self._moving: set[int] = set()
        self._again_later: set[int] = set()

    # Runs.

    def begin(self, run: Run) -> Run:
        """Write a new run down, let it into its group, and open its first jobs."""
        run = replace(run, created_at=run.created_at or self.now(), started_at=self.now())
        try:
            frame = self.frames.of_run(run)
            group = group_of(frame.workflow.concurrency, frame.contexts)
        except (DispatchError, ExpressionError) as error:
            run = self.put_run(
                run, status="completed", conclusion="startup_failure", cause=str(error)
            )
            self._run_moved(run, "requested")
            self._run_moved(run, "completed")
            return run
        run = self.put_run(run, group=group, status="pending")
        self._run_moved(run, "requested")
        enters = self._groups.enter(run)
        run = self.again(run)
        if enters and not run.over:
            self.advance(self.put_run(run, status="queued"))
        return self.again(run)

    def advance(self, run: Run) -> None:
        """Open the jobs whose time has come, and end the run when none is left."""
        if run.id in self._moving:
            self._again_later.add(run.id)
            return
        self._moving.add(run.id)
        try:
            self._again_later.add(run.id)
            while run.id in self._again_later:
                self._again_later.discard(run.id)
                self._move(self.again(run))
        finally:
            self._moving.discard(run.id)
            self._again_later.discard(run.id)

    def _move(self, run: Run) -> None:
        if run.over or run.status == "pending":
            return
        frame = self.frames.of_run(run)
        self._settle(run, frame)
        run = self.again(run)
        if run.over:
            return
        jobs = self._archive.jobs_of(run)
        book = book_of(jobs)
        if all(self._legs_over(frame, name, book) for name in frame.workflow.jobs):
            self.end_run(run, jobs)
        else:
            self._show(run, jobs)

    # Jobs.

    def job_begins(self, job: Job, *, runner: str) -> Job:
        """A runner has it, and its steps come next."""
        job = self.put_job(
            self.job_again(job), status="in_progress", started_at=self.now(), runner=runner
        )
        run = self.run_of(job)
        if run.status != "in_progress":
            run = self.put_run(run, status="in_progress")
            self._run_moved(run, "in_progress")
        return job

    def job_ends(self, job: Job, done: Done, **more: Any) -> None:
        """It is over, whatever came of it; what waited for it goes on."""
        job = self.job_again(job)
        if job.over:
            return
        job = ended(
            job,
            done.conclusion,
            now=self.now(),
            cause=done.cause,
            outputs=dict(done.outputs),
            started_at=job.started_at or self.now(),
            **more,
        )
        self._archive.jobs.put(job)
        run = self.run_of(job)
        self._job_moved(run, job)
        self._groups.left(job.group)
        self.advance(run)

    def job_released(self, job: Job) -> None:
        """Its environment lets it go: it is executed, once its group lets it too."""
        job = self.put_job(self.job_again(job), released=True, status="pending")
        if self._groups.may_go_on(job):
            self._take_turn(job)

    def note_steps(self, job: Job, steps: Sequence[Step]) -> None:
        """Its steps have gone on."""
        self._archive.jobs.put(replace(self.job_again(job), steps=tuple(steps)))

    def lost(self, job: Job) -> None:
        """Whoever had it is gone, and nobody knows how far it came: it is never begun again by itself."""
        steps = tuple(
            step
            if step.status == "completed"
            else replace(step, status="completed", conclusion="cancelled", completed_at=self.now())
            for step in job.steps
        )
        self.job_ends(job, Done("failure", cause=f"{job.name}: {LOST}"), steps=steps)

    # Within.

    def _settle(self, run: Run, frame: Frame) -> None:
        moved = True
        while moved:
            moved = False
            book = book_of(self._archive.jobs_of(run))
            for declared in frame.workflow.jobs.values():
                legs = book.get(frame.path(declared.id))
                if legs is None:
                    moved = self._open(run, frame, declared, book) or moved
                    continue
                self._fail_fast(run, frame, declared, legs)
                for leg in legs:
                    if leg.calls and leg.status == "in_progress":
                        moved = self._settle_call(run, frame, declared, leg) or moved

    def _open(self, run: Run, frame: Frame, declared: JobDeclaration, book: Book) -> bool:
        """Open a job, unless it waits for others."""
        needs = frame.needs(declared, book)
        if needs is None:
            return False
        legs = open_job(
            frame,
            declared,
            run,
            needs,
            book,
            new_id=lambda: self._archive.store.next_number("jobs", first=JOBS_FROM),
            now=self.now(),
            default=RESTRICTED,
        )
        for leg in legs:
            self._archive.jobs.put(leg)
        for leg in legs:
            if leg.over:
                self._job_moved(run, leg)
            else:
                self._admit(run, leg, declared)
        return True

    def _admit(self, run: Run, job: Job, declared: JobDeclaration) -> None:
        """Let a new job into its group and its environment, or say what it waits for."""
        if deadlocked(run, job):
            name = job.group.name if job.group else ""
            self.cancelling.displace(
                run,
                f"a deadlock for concurrency group {name!r} between the workflow and {job.name}",
            )
            return
        if job.calls:
            enters = self._groups.enter(job)
            self.put_job(job, status="in_progress" if enters else "pending")
            return
        if not declared.uses and not self._labels.intersection(job.labels):
            known = ", ".join(sorted(self._labels))
            asked = ", ".join(job.labels) or "none"
            cause = f"{job.name}: no runner has the labels it asks for ({asked}), only {known}"
            self.job_ends(job, Done("failure", cause=cause))
            return
        rules = self._rules(job.environment.name) if job.environment else None
        if rules is not None and not rules.admits(run):
            what = "Tag" if run.ref.startswith("refs/tags/") else "Branch"
            self.job_ends(
                job,
                Done(
                    "failure",
                    cause=f'{what} "{run.ref_name}" is not allowed to deploy to {rules.name} '
                    "due to environment protection rules.",
                ),
            )
            return
        held_back = rules is not None and rules.holds_back
        enters = self._groups.enter(job, ready=not held_back)
        job = self.job_again(job)
        if job.over:
            return
        status = "waiting" if held_back else "queued" if enters else "pending"
        self.put_job(job, status=status, since=self.now(), released=not held_back)

    def _settle_call(self, run: Run, frame: Frame, declared: JobDeclaration, job: Job) -> bool:
        """Move the workflow on that a job calls; whether the job is over now."""
        if not is_ours(declared.uses, run):
            self.job_ends(job, Done("failure", cause=f"{declared.uses} is in another repository"))
            return True
        try:
            inner = self.frames.called(frame, declared, job, run)
            self._settle(run, inner)
            book = book_of(self._archive.jobs_of(run))
            if not all(self._legs_over(inner, name, book) for name in inner.workflow.jobs):
                return False
            results = [need_of(book[inner.path(name)]).result for name in inner.workflow.jobs]
            done = Done(_together(results), inner.outputs(book))
        except (DispatchError, ExpressionError) as error:
            done = Done("failure", cause=f"{job.name}: {error}")
        if self.job_again(job).over:
            return False
        self.job_ends(job, done)
        return True

    def _fail_fast(
        self, run: Run, frame: Frame, declared: JobDeclaration, legs: Sequence[Job]
    ) -> None:
        failed = any(leg.conclusion == "failure" and leg.blamed for leg in legs)
        if not failed or all(leg.over for leg in legs):
            return
        try:
            fast = is_true(declared.fail_fast, frame.context({}))
        except ExpressionError:
            fast = True
        if fast:
            for leg in legs:
                if not leg.over and not leg.cancelled and not leg.calls:
                    self.cancelling.cancel_job(run, leg, force=True)

    def _take_turn(self, who: Holder) -> None:
        """A group lets somebody go on."""
        if isinstance(who, Run):
            run = self.put_run(who, status="queued")
            self.advance(run)
            return
        job = self.put_job(self.job_again(who), status="in_progress" if who.calls else "queued")
        if job.calls:
            self.advance(self.run_of(job))

    def _legs_over(self, frame: Frame, name: str, book: Book) -> bool:
        legs = book.get(frame.path(name), ())
        return bool(legs) and all(leg.over for leg in legs)

    def end_run(self, run: Run, jobs: Sequence[Job]) -> None:
        """The run is over, with what its jobs came to."""
        own = [job for job in jobs if "/" not in job.path]
        results = [need_of(legs).result for legs in book_of(own).values()]
        conclusion = _together(results)
        if run.cancelled and (conclusion in {"cancelled", "skipped"} or not results):
            conclusion = "cancelled"
        failed = next(
            (job for job in jobs if job.conclusion == conclusion and job.blamed and job.cause), None
        )
        cause = run.cause or (failed.cause if failed and conclusion != "success" else "")
        run = self.put_run(run, status="completed", conclusion=conclusion, cause=cause)
        self._run_moved(run, "completed")
        self._groups.left(run.group)

    def _show(self, run: Run, jobs: Sequence[Job]) -> None:
        """Let the run's status say what its jobs are at."""
        at = {job.status for job in jobs if not job.over and not job.calls}
        if "in_progress" in at:
            status = "in_progress"
        elif at and at <= {"waiting"}:
            status = "waiting"
        elif run.status == "in_progress" or any(job.over for job in jobs):
            status = "in_progress"
        else:
            status = "queued"
        if status != run.status:
            self.put_run(run, status=status)

    def now(self) -> str:
        """The time, in ISO 8601."""
        return self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def put_run(self, run: Run, **changes: Any) -> Run:
        """Write a run down with these changes."""
        return self._archive.runs.put(replace(run, updated_at=self.now(), **changes))

    def put_job(self, job: Job, **changes: Any) -> Job:
        """Write a job down with these changes."""
        before = job.status
        job = self._archive.jobs.put(replace(job, **changes))
        if job.status != before:
            self._job_moved(self.run_of(job), job)
        return job

    def again(self, run: Run) -> Run:
        """The run as it is written down now."""
        return self._archive.runs.get(run.id) or run

    def job_again(self, job: Job) -> Job:
        """The job as it is written down now."""
        return self._archive.jobs.get(job.id) or job

    def run_of(self, job: Job) -> Run:
        """The run that a job belongs to."""
        run = self._archive.runs.get(job.run)
        if run is None:
            raise DispatchError(f"no run {job.run}", status=404)
        return run


def _together(results: Sequence[str]) -> Conclusion:
    """The conclusion of several jobs."""
    if "failure" in results:
        return "failure"
    if "cancelled" in results:
        return "cancelled"
    return "success" if "success" in results or not results else "skipped"
