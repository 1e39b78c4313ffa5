"""Holds a day: journal, signals, terminal and page around its course; finishes one that was cut off.

hold(stage, directory, clock=clock, console=console, pace=pace, serve=True)
resume(directory, clock=clock, say=print)
"""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.gameday.aws import Account
from harness.gameday.course import Day, Ended
from harness.gameday.desk import Desk
from harness.gameday.pace import Pace
from harness.gameday.page import Page
from harness.gameday.returning import caches_forget, take_back
from harness.gameday.review import write_review
from harness.gameday.score import JOURNAL, GoneDay
from harness.gameday.stage import Stage
from harness.gameday.terminal import View, keys, shown
from harness.gameday.told import ToldJournal
from harness.gameday.undo import Ledger, Undo
from harness.gameday.undo.ledger import FILE as UNDO_FILE
from harness.serving import Serving

#: What `restore` has to know of a day.
FACTS = "day.json"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Facts:
    """Where a day was held: enough to put everything back without the plan or the site."""

    account: str
    region: str
    profile: str
    distribution: str
    rehearsal: bool

    @classmethod
    def of(cls, stage: Stage) -> Facts:
        """Those of a stage."""
        aws = stage.plan.aws
        return cls(aws.account, aws.region, aws.profile, aws.distribution, stage.rehearsal)

    def write(self, directory: Path) -> None:
        """Write them down, whole or not at all."""
        scratch = directory / f"{FACTS}.new"
        scratch.write_text(json.dumps(vars(self), indent=2) + "\n", encoding="utf-8")
        scratch.replace(directory / FACTS)

    @classmethod
    def read(cls, directory: Path) -> Facts:
        """Read them back.

        Raises:
            SitedrillError: no day is there.
        """
        try:
            return cls(**json.loads((directory / FACTS).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise SitedrillError(
                f"{directory / FACTS}: cannot be read: {error}",
                hint="name the folder of a game day",
            ) from error


def fresh_directory(directory: Path) -> Path:
    """A day's folder, which must not be another day's.

    Raises:
        SitedrillError: there is a day in it.
    """
    if (directory / JOURNAL).exists():
        raise SitedrillError(
            f"{directory}: another game day is there",
            hint="name another --out, or `sitedrill gameday restore` finishes that one",
        )
    directory.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(directory / "undo", ignore_errors=True)
    return directory


def hold(
    stage: Stage,
    directory: Path,
    *,
    clock: Clock,
    console: Console,
    pace: Pace,
    serve: bool,
    port: int = 0,
) -> tuple[Ended, GoneDay]:
    """Hold a day, and write its review.

    Args:
        stage: what it is held on.
        directory: the day's own.
        clock: whose time counts.
        console: the terminal.
        pace: how often is looked.
        serve: whether the room gets a page.
        port: of the page; 0 for a free one.

    Raises:
        RefusedError: it may not begin; nothing was changed.
    """
    Facts.of(stage).write(directory)
    plan = stage.plan
    with ExitStack() as stack:
        journal = stack.enter_context(ToldJournal(directory / JOURNAL, clock=clock))
        desk = Desk(journal, clock=clock, checklist=plan.checklist)
        stack.enter_context(_stops(desk))
        address = ""
        if serve:
            serving = stack.enter_context(Serving())
            page = Page(stage, desk, directory)
            journal.listen(page.hear)
            address = page.url(serving.serve(page.app, serving.bind(port)))
            console.print(f"the page of the day: {address}", soft_wrap=True, highlight=False)
        view = View(stage, desk, clock=clock, page=address)
        journal.listen(view.hear)
        who = plan.roles.facilitator[0]
        stack.enter_context(keys(view, desk, plan.stop.abort_key, who))
        stack.enter_context(shown(view, console))
        ended = Day(stage, desk, journal, directory, clock=clock, pace=pace).run()
    return ended, write_review(directory)


@contextmanager
def _stops(desk: Desk) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a lost terminal stop the day; nothing is interrupted in the middle."""

    def stop(number: int, _: object) -> None:
        name = signal.Signals(number).name
        lost = " (the terminal is lost)" if number == signal.SIGHUP else ""
        desk.stop(f"{name}{lost}", "a signal")

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def resume(
    directory: Path, *, clock: Clock, say: Callable[[str], None], keep_theirs: bool = False
) -> list[str]:
    """Put back what a day that was cut off has left; any number of times.

    Args:
        directory: the day's.
        clock: whose time counts.
        say: told each resource.
        keep_theirs: leave for good what somebody else has changed.

    Returns:
        What is left for people, one line each.

    Raises:
        SitedrillError: there is no such day, or the credentials are of another account.
    """
    facts = Facts.read(directory)
    if facts.rehearsal:
        say("this was a rehearsal: its world ended with it, there is nothing to put back")
        return []
    folders = sorted(path.parent for path in (directory / "undo").glob(f"*/{UNDO_FILE}"))
    folders = [folder for folder in folders if not folder.name.endswith(".new")]
    with Account(facts.region, profile=facts.profile) as account:
        undos = [Undo(Ledger(folder), account) for folder in reversed(folders)]
        begun = [undo for undo in undos if undo.begun]
        if not begun:
            say("nothing was changed: there is nothing to put back")
            return []
        found = account.id()
        if found != facts.account:
            raise SitedrillError(
                f"the day was held in account {facts.account}, the credentials are of {found}",
                hint="use the profile or the credentials of the day",
            )
        to_do: list[str] = []
        for undo in begun:
            to_do += _undone(undo, say, keep_theirs=keep_theirs)
        reference = f"restore-{clock.now().timestamp()}"
        return to_do + caches_forget(account, facts.distribution, reference)


def _undone(undo: Undo, say: Callable[[str], None], *, keep_theirs: bool) -> list[str]:
    if keep_theirs:
        undo.restore()
        for change in undo.accept():
            say(f"{change.resource}: kept as somebody else has made it")
    return take_back(undo, lambda one: say(f"{one.change.resource}: {one.word}")).to_do
