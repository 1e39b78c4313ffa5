"""Who is in which concurrency group: runs and jobs alike, as they are written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.github.archive import Archive
from harness.github.concurrency import Member, enter, next_of
from harness.github.runs import OPEN, Group, Job, Run

Holder = Run | Job


class Groups:
    """Lets runs and jobs into their groups; used within a change of the archive."""

    def __init__(
        self,
        archive: Archive,
        *,
        end: Callable[[Holder, str], None],
        go_on: Callable[[Holder], None],
    ) -> None:
        """`end` is told who has to give way, and to whom; `go_on` whose turn it is."""
        self._archive = archive
        self._end = end
        self._go_on = go_on

    def enter(self, who: Holder, *, ready: bool = True) -> bool:
        """Whether a newcomer goes on at once; whoever it displaces is told to end.

        Args:
            who: the newcomer, not written down yet.
            ready: whether nothing else keeps it waiting.
        """
        group = who.group
        if group is None:
            return ready
        members = [one for one in self.members(group.name) if one.who.id != who.id]
        ruling = enter(group, members, ready=ready)
        for one in ruling.ends:
            self._end(one, f"a newer one in the concurrency group {group.name} took its place")
        if ruling.refused:
            self._end(who, f"the queue of the concurrency group {group.name} is full")
        return ruling.enters

    def may_go_on(self, who: Holder) -> bool:
        """Whether somebody who has waited for something else, in its group too, goes on now."""
        group = who.group
        return group is None or not any(
            one.holds for one in self.members(group.name) if one.who.id != who.id
        )

    def left(self, group: Group | None) -> None:
        """Somebody left the group: the next one's turn has come."""
        if group is None:
            return
        who = next_of(self.members(group.name))
        if who is not None:
            self._go_on(who)

    def members(self, name: str) -> list[Member[Holder]]:
        """Who is in a group, the oldest first."""
        runs = [
            Member[Holder](run, holds=run.status != "pending")
            for run in self._archive.runs.find(grp=name, status=OPEN)
        ]
        jobs = [
            Member[Holder](
                job,
                holds=job.status in {"queued", "in_progress"},
                ready=job.status == "pending",
            )
            for job in self._archive.jobs.find(grp=name, status=OPEN)
            if job.status != "requested"
        ]
        return sorted([*runs, *jobs], key=lambda one: one.who.created_at)


def deadlocked(run: Run, job: Job) -> bool:
    """Whether a job asks for the group that its own run holds, and would wait for ever."""
    return bool(run.group and job.group and run.group.name == job.group.name)


def waiting_for(who: Holder) -> Holder:
    """The same, written down as waiting for its group."""
    return replace(who, status="pending")
