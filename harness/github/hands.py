"""Who executes jobs: a thread for each, as many as there are runners.

hands.start(crew); hands.take_up(); hands.wait_for(lambda: ...); hands.close()
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.github.archive import Archive
from harness.github.attention import Attention
from harness.github.expressions import ExpressionError
from harness.github.frames import book_of
from harness.github.orders import Vault, order_for
from harness.github.runs import Done, Job, Order, Step
from harness.github.scheduler import Scheduler

#: What GitHub says of a job whose runner is gone.
#: https://docs.github.com/en/actions/how-tos/manage-runners/self-hosted-runners/monitor-and-troubleshoot
SHUT_DOWN = "The runner has received a shutdown signal."


class Crew(Protocol):
    """Executes jobs; every method may be called from several threads."""

    name: str

    def execute(self, order: Order, attention: Attention, begin: Callable[[], bool]) -> Done:
        """Carry a job out, from an empty workspace to its end.

        `begin` is called once everything is ready, right before the first thing of the job happens;
        where it answers False the job is over already, and nothing must happen.
        """
        ...

    def stop(self, job: int, *, now: bool) -> None:
        """Ask a job to end, as on GitHub; with `now`, end it."""
        ...


class Hands:
    """The threads; nothing runs without a crew."""

    def __init__(
        self, archive: Archive, scheduler: Scheduler, *, vault: Vault, clock: Clock, most: int
    ) -> None:
        """Args: where jobs are written down, who moves them on, and how many may be executed at once."""
        self._archive = archive
        self._scheduler = scheduler
        self._vault = vault
        self._clock = clock
        self._most = most
        self._crew: Crew | None = None
        #: The jobs that are being executed, and the threads that do it or have done it.
        self._busy: set[int] = set()
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()
        self._changes = 0
        self._closing = False
        self._fault: BaseException | None = None

        archive.store.when_kept(self.take_up)

    def start(self, crew: Crew) -> None:
        """From now on this crew executes jobs."""
        self._crew = crew
        self._closing = False

    def take_up(self) -> None:
        """Begin with every job whose turn it is, and tell whoever waits that something changed."""
        with self._archive.store.standing_still():
            for job in self._archive.jobs.find(status="queued"):
                if self._crew is None or self._closing or len(self._busy) >= self._most:
                    break
                if not job.calls and job.id not in self._busy:
                    self._begin_thread(job, self._crew)
        self._tell()

    def _begin_thread(self, job: Job, crew: Crew) -> None:
        self._busy.add(job.id)
        thread = threading.Thread(target=self._carry_out, args=(job, crew), name=f"job {job.id}")
        self._threads = [*(one for one in self._threads if one.is_alive()), thread]
        thread.start()

    def _tell(self) -> None:
        with self._changed:
            self._changes += 1
            self._changed.notify_all()

    def stop(self, job: Job) -> None:
        """Ask whoever executes a job to end it."""
        if self._crew is not None and job.id in self._busy:
            self._crew.stop(job.id, now=False)

    def wait_for(self, condition: Callable[[], bool], *, within: float) -> bool:
        """Whether a condition came true in time; it is looked at whenever something has changed.

        Raises:
            BaseException: what broke in a thread.
        """
        deadline = self._clock.monotonic() + within
        while True:
            seen = self._changes
            if self._fault is not None:
                raise self._fault
            if condition():
                return True
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return False
            with self._changed:
                if self._changes == seen:
                    self._changed.wait(min(left, 1.0))

    def close(self) -> None:
        """End every job, and wait until it has ended."""
        self._closing = True
        crew = self._crew
        for number in list(self._busy):
            if crew is not None:
                crew.stop(number, now=True)
        for thread in self._threads:
            thread.join()
        self._crew = None

    def _carry_out(self, job: Job, crew: Crew) -> None:
        try:
            done, attention = self._execute(job, crew)
            steps = attention.close(done.conclusion) if attention else ()
            with self._archive.store.change():
                self._scheduler.job_ends(job, done, steps=steps)
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for it
            self._fault = error
        finally:
            self._busy.discard(job.id)
            self.take_up()

    def _execute(self, job: Job, crew: Crew) -> tuple[Done, Attention | None]:
        attention = None
        try:
            with self._archive.store.change():
                order = self._order(job)
                attention = Attention(
                    job,
                    self._archive.directory,
                    clock=self._clock,
                    changed=lambda steps: self._note(job, steps),
                )
            done = crew.execute(order, attention, lambda: self._begin(job, crew))
        except (SitedrillError, ExpressionError) as error:
            done = Done("failure", cause=str(error))
        return (Done("failure", cause=SHUT_DOWN) if self._closing else done), attention

    def _order(self, job: Job) -> Order:
        run = self._archive.runs.get(job.run)
        if run is None:
            raise SitedrillError(f"job {job.id} belongs to no run")
        book = book_of(self._archive.jobs_of(run))
        frame, declared = self._scheduler.frames.of_job(run, job, book)
        return order_for(run, job, frame, declared, book, self._vault)

    def _begin(self, job: Job, crew: Crew) -> bool:
        with self._archive.store.change():
            now = self._archive.jobs.get(job.id)
            if now is None or now.over or self._closing:
                return False
            self._scheduler.job_begins(now, runner=crew.name)
        return True

    def _note(self, job: Job, steps: tuple[Step, ...]) -> None:
        with self._archive.store.change():
            self._scheduler.note_steps(job, steps)
