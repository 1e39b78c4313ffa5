"""Where everything comes in that happens during a day: people's words, samples, evidence, stops.

The day itself waits at the desk; watchers, the terminal, the page and signal handlers come to it from
threads of their own. A stop is heard whatever else is going on, and only the first one counts.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from harness.checks.prober import Sample
from harness.clock import Clock
from harness.errors import SitedrillError
from harness.gameday.github import SeenReview, SeenRun
from harness.journal import Journal

#: What is marked, in the order in which it must happen.
MARKS = ("injected", "detected", "decided", "dispatched", "recovered")
#: What people may mark themselves; the rest is measured.
BY_PEOPLE = ("detected", "decided")
EVIDENCE = "evidence"


@dataclass(frozen=True)
class Mark:
    """Something that counts: `seconds` since the injection, `by` whom, and what was said."""

    seconds: float
    by: str
    said: str = ""


@dataclass(frozen=True)
class Episode:
    """One incident while it lasts: when it began, and what is marked."""

    number: int
    incident: str
    began: float
    at: datetime
    marks: dict[str, Mark] = field(default_factory=dict)


class Desk:
    """One day's; safe to use from any thread."""

    def __init__(self, journal: Journal, *, clock: Clock, checklist: Sequence[str] = ()) -> None:
        """Nothing has happened yet."""
        self._journal = journal
        self._clock = clock
        self._lock = threading.RLock()
        # Signal handlers use these two alone: neither takes a lock that may be held already.
        self._stops: list[tuple[str, str]] = []
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._samples: list[tuple[float, bool]] = []
        self._row = 0
        self._row_since = 0.0
        self.episode: Episode | None = None
        self.runs: dict[int, SeenRun] = {}
        self.reviews: set[SeenReview] = set()
        self.checklist = dict.fromkeys(checklist, False)

    # Stops -------------------------------------------------------------------------------------

    def stop(self, reason: str, by: str) -> None:
        """Put everything back at once; may be said from a signal handler."""
        self._stops.append((reason, by))
        self._bell.put(None)

    @property
    def stopped(self) -> tuple[str, str] | None:
        """Why and by whom the day was stopped; None while it goes on."""
        return self._stops[0] if self._stops else None

    def wait(self, seconds: float) -> None:
        """Wait for anything to happen, but no longer than this."""
        try:
            self._bell.get(timeout=max(0.0, seconds))
        except queue.Empty:
            return

    def ring(self) -> None:
        """Something has happened that the day may wait for."""
        self._bell.put(None)

    # Marks -------------------------------------------------------------------------------------

    def begin(self, number: int, incident: str) -> None:
        """An incident is in: from now on marks are its."""
        with self._lock:
            now = self._clock.monotonic()
            self.episode = Episode(number, incident, now, self._clock.now())
            self._samples.clear()
            self._row = 0
            self._put("injected", Mark(0.0, EVIDENCE))

    def end(self) -> Episode | None:
        """The incident is over; what was marked of it."""
        with self._lock:
            ended, self.episode = self.episode, None
            return ended

    def mark(self, name: str, by: str, said: str = "") -> None:
        """Somebody says that it was detected, or decided; what was said first counts.

        Raises:
            SitedrillError: it cannot be marked, or not now.
        """
        if name not in BY_PEOPLE:
            raise SitedrillError(f"{name} is not marked by people", hint=" or ".join(BY_PEOPLE))
        with self._lock:
            if self.episode is None:
                raise SitedrillError(f"{name}: nothing is broken now")
            if name in self.episode.marks:
                raise SitedrillError(f"{name} is marked already")
            seconds = self._since(self.episode)
            if name == "decided" and "detected" not in self.episode.marks:
                self._put("detected", Mark(seconds, by, "with the decision"))
            self._put(name, Mark(seconds, by, said))

    def evidence(self, name: str, seconds: float, said: str) -> None:
        """Evidence of a mark; whoever had to happen before it has, at the latest then."""
        with self._lock:
            if self.episode is None or name in self.episode.marks:
                return
            at = round(max(0.0, seconds), 3)
            for earlier in MARKS[1 : MARKS.index(name)]:
                if earlier not in self.episode.marks and name == "dispatched":
                    self._put(earlier, Mark(at, EVIDENCE, f"at the latest: {said}"))
            self._put(name, Mark(at, EVIDENCE, said))

    def _put(self, name: str, mark: Mark) -> None:
        episode = self.episode
        if episode is None:
            return
        episode.marks[name] = mark
        self._journal.write(
            "mark",
            mark=name,
            seconds=mark.seconds,
            by=mark.by,
            said=mark.said,
            number=episode.number,
            incident=episode.incident,
        )
        self.ring()

    def _since(self, episode: Episode) -> float:
        return round(self._clock.monotonic() - episode.began, 3)

    # What is seen ------------------------------------------------------------------------------

    def sample(self, sample: Sample) -> None:
        """The prober's latest."""
        with self._lock:
            now = self._clock.monotonic()
            self._samples.append((now, sample.healthy))
            del self._samples[:-20_000]
            if not sample.healthy:
                self._row = 0
            elif self._row == 0:
                self._row, self._row_since = 1, now
            else:
                self._row += 1
        self.ring()

    def healthy_for(self) -> tuple[int, float]:
        """How many samples in a row were healthy, and seconds from the injection to the first."""
        with self._lock:
            began = self.episode.began if self.episode else self._row_since
            return self._row, round(max(0.0, self._row_since - began), 3)

    def availability(self, during: float) -> float | None:
        """The share of healthy samples in the last seconds; None until there are so many."""
        with self._lock:
            now = self._clock.monotonic()
            if self.episode is None or now - self.episode.began < during:
                return None
            last = [healthy for at, healthy in self._samples if at >= now - during]
            return sum(last) / len(last) if last else None

    def run(self, run: SeenRun) -> None:
        """GitHub tells of a run."""
        with self._lock:
            if self.runs.get(run.id) == run:
                return
            is_new = run.id not in self.runs
            self.runs[run.id] = run
            self._journal.write("github.run", new=is_new, **vars(run))
            if is_new and self.episode is not None:
                created = _time(run.created)
                # GitHub tells whole seconds: a run is never earlier than the fault it answers.
                seconds = (created - self.episode.at).total_seconds() if created else None
                who = "" if run.actor in run.title else f" by {run.actor}"
                told = f"{run.title or run.workflow}{who}, run {run.id}"
                if seconds is not None and seconds > -1.5:
                    last = max(mark.seconds for mark in self.episode.marks.values())
                    if 0 < last - seconds < 1:
                        seconds = last
                    self.evidence("dispatched", seconds, told)
        self.ring()

    def review(self, review: SeenReview) -> None:
        """GitHub tells of an approval, or a rejection."""
        with self._lock:
            if review not in self.reviews:
                self.reviews.add(review)
                self._journal.write("github.review", **vars(review))
        self.ring()

    def runs_going_on(self) -> list[SeenRun]:
        """Runs that have not ended."""
        with self._lock:
            return [run for run in self.runs.values() if run.status != "completed"]

    # What people write -------------------------------------------------------------------------

    def note(self, text: str, by: str) -> None:
        """Somebody has noticed something.

        Raises:
            SitedrillError: there is nothing in it.
        """
        if not text.strip():
            raise SitedrillError("a note says something")
        self._journal.write("note", text=text.strip()[:2000], by=by)

    def tick(self, item: str, by: str, *, done: bool) -> None:
        """Somebody has ticked something off.

        Raises:
            SitedrillError: it is not on the list.
        """
        with self._lock:
            if item not in self.checklist:
                raise SitedrillError(f"{item} is not on the checklist")
            self.checklist[item] = done
        self._journal.write("checklist", item=item, done=done, by=by)


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


__all__ = ["BY_PEOPLE", "EVIDENCE", "MARKS", "Desk", "Episode", "Mark"]
