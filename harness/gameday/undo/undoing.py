"""Captures, makes, puts back, compares; by whichever process comes after a crash.

Each change passes through `captured -> intent -> done -> restored`. `intent` is on disk before the
change is made, so whatever a crash leaves unknown is at most one change, and AWS is asked about it.
Restoring goes in reverse order, and may be repeated: what is back already is left alone, and what
somebody else has changed since is told, never overwritten.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.errors import SitedrillError
from harness.gameday.undo.ledger import FILE, Ledger
from harness.live import Aws, Change, Returned, State, is_as_captured, make, put_back, read
from harness.live.resource import Kind


@dataclass(frozen=True)
class Watched:
    """A resource that no incident changes, captured all the same: it must be the same afterwards."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Outcome:
    """How a change was undone.

    `to_do` says what a person has to do; empty when nothing.
    """

    change: Change
    returned: Returned | None
    to_do: str = ""

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done."""
        return not self.to_do

    @property
    def word(self) -> str:
        """How the change went back, in a word."""
        return self.returned.value if self.returned else "failed"


class Undo:
    """One incident's way back."""

    def __init__(
        self, ledger: Ledger, aws: Aws, *, reached: Callable[[str, int], None] = lambda *_: None
    ) -> None:
        """What the ledger says.

        Args:
            ledger: complete; `Undo.capture` makes one.
            aws: to change with.
            reached: told "intent", "done" or "restored" with the change's number, once on disk.

        Raises:
            SitedrillError: the capture is not complete, or damaged.
        """
        self._ledger = ledger
        self._aws = aws
        self._reached = reached
        self.changes: list[Change] = []
        self.watched: list[Change] = []
        self.token = ""
        self._intents: set[int] = set()
        self._marks: dict[int, str] = {}
        self._restored: dict[int, str] = {}
        self._accepted: set[int] = set()
        sealed = None
        for line in ledger.lines():
            sealed = self._take(line) or sealed
        if sealed is None or sealed != len(self.changes) + len(self.watched):
            raise SitedrillError(
                f"{ledger.directory / FILE}: the capture is not complete",
                hint="nothing was changed before it was; begin anew",
            )

    @classmethod
    def capture(
        cls,
        directory: Path,
        aws: Aws,
        changes: Sequence[Change],
        *,
        token: str,
        watched: Sequence[Watched] = (),
        reached: Callable[[str, int], None] = lambda *_: None,
    ) -> Undo:
        """Write down what is there, read it back, and compare: before the first change.

        Args:
            directory: gets the journal. One in which nothing was ever changed is replaced.
            aws: to read and change with.
            changes: what the incident will change, as `changes_of` told it.
            token: put on objects, so that ours are known.
            watched: resources that must come out unchanged.
            reached: see `Undo`.

        Raises:
            SitedrillError: it cannot be written, or what is read back is not what was captured.
        """
        if (directory / FILE).exists() and any(
            line["kind"] == "intent" for line in Ledger(directory).lines()
        ):
            raise SitedrillError(
                f"{directory}: holds the way back of changes that were made",
                hint=f"sitedrill gameday restore {directory.parent.parent}",
            )
        scratch = directory.with_name(f"{directory.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        ledger = Ledger(scratch)
        ledger.append("begun", token=token)
        for number, change in enumerate(changes):
            ledger.append("captured", number=number, **_written(ledger, change))
        for one in watched:
            state = read(aws, one.kind, one.name)
            change = Change(one.kind, one.name, state, state, "")
            ledger.append("watched", **_written(ledger, change))
        ledger.append("sealed", count=len(changes) + len(watched))
        shutil.rmtree(directory, ignore_errors=True)
        os.rename(scratch, directory)  # noqa: PTH104 - Path.rename hides which of the two is replaced
        undo = cls(Ledger(directory), aws, reached=reached)
        if undo.changes != list(changes):
            raise SitedrillError(f"{directory}: what was read back is not what was captured")
        return undo

    @property
    def begun(self) -> bool:
        """Whether any change was made, or may have been."""
        return bool(self._intents)

    @property
    def conflicts(self) -> list[Change]:
        """Changes that somebody else has taken over, and nobody has accepted."""
        return [
            change
            for number, change in enumerate(self.changes)
            if self._restored.get(number) == Returned.THEIRS and number not in self._accepted
        ]

    def is_current(self) -> bool:
        """Whether everything captured is still what it was."""
        return all(
            read(self._aws, change.kind, change.name).mark == change.before.mark
            for change in self.changes
        )

    def make(self, number: int) -> None:
        """Make one change; its intent is on disk before.

        Raises:
            MovedError: the resource is no longer as captured; nothing was changed.
            ClientError: AWS refused.
        """
        change = self.changes[number]
        self._write("intent", number)
        self._intents.add(number)
        mark = make(self._aws, change, token=f"{self.token}-{number}")
        self._marks[number] = mark
        self._write("done", number, mark=mark)

    def restore(self) -> list[Outcome]:
        """Put everything back, in reverse order; what cannot be is told, and the rest goes on."""
        found = []
        for number in sorted(self._intents, reverse=True):
            change = self.changes[number]
            try:
                returned = put_back(
                    self._aws,
                    change,
                    token=f"{self.token}-{number}",
                    mark=self._marks.get(number, ""),
                )
            except (ClientError, BotoCoreError) as error:
                to_do = f"AWS says: {error}; run `sitedrill gameday restore` again"
                found.append(Outcome(change, None, to_do))
                continue
            if self._restored.get(number) != returned:
                self._write("restored", number, returned=returned.value)
                self._restored[number] = returned
            to_do = "" if returned is not Returned.THEIRS else self._advice(number)
            found.append(Outcome(change, returned, to_do))
        return found

    def verify(self) -> list[str]:
        """What is not as captured, one line each; what was accepted as theirs is left out."""
        found = []
        for number, change in enumerate([*self.changes, *self.watched]):
            if number in self._accepted:
                continue
            try:
                if not is_as_captured(self._aws, change):
                    found.append(f"{change.resource} is not as it was captured")
            except (ClientError, BotoCoreError) as error:
                found.append(f"{change.resource} cannot be read: {error}")
        return found

    def accept(self) -> list[Change]:
        """Leave what somebody else has made for good; what that is."""
        accepted = self.conflicts
        accepted += [one for one in self.watched if not is_as_captured(self._aws, one)]
        for number, change in enumerate([*self.changes, *self.watched]):
            if change in accepted and number not in self._accepted:
                self._write("accepted", number)
                self._accepted.add(number)
        return accepted

    def _advice(self, number: int) -> str:
        if number in self._accepted:
            return ""
        change = self.changes[number]
        captured = self._ledger.blob_path(self._ledger.keep(change.before.body))
        return (
            f"{change.resource} was changed by somebody else and is left as it is. Captured was "
            f"{captured}. If theirs is right, say `sitedrill gameday restore --keep-theirs`; else "
            "bring the captured one back by hand, and restore again"
        )

    def _write(self, kind: str, number: int, **data: Any) -> None:
        self._ledger.append(kind, number=number, **data)
        self._reached(kind, number)

    def _take(self, line: Mapping[str, Any]) -> int | None:
        """Take a line over; the count, where it seals the capture."""
        kind = line["kind"]
        if kind == "begun":
            self.token = str(line["token"])
        elif kind in {"captured", "watched"}:
            into = self.changes if kind == "captured" else self.watched
            into.append(_read(self._ledger, line))
        elif kind == "sealed":
            return int(line["count"])
        elif kind == "intent":
            self._intents.add(line["number"])
        elif kind == "done":
            self._marks[line["number"]] = str(line["mark"])
        elif kind == "restored":
            self._restored[line["number"]] = str(line["returned"])
        elif kind == "accepted":
            self._accepted.add(line["number"])
        return None


def _written(ledger: Ledger, change: Change) -> dict[str, Any]:
    """A change as a line, its bytes in blobs."""
    return {
        "resource": change.kind,
        "name": change.name,
        "says": change.says,
        "before": _state(ledger, change.before),
        "after": _state(ledger, change.after),
    }


def _state(ledger: Ledger, state: State) -> dict[str, Any]:
    plain = asdict(replace(state, body=b""))
    return {**plain, "body": ledger.keep(state.body), "about": dict(state.about)}


def _read(ledger: Ledger, line: Mapping[str, Any]) -> Change:
    before, after = (
        State(**{**line[which], "body": ledger.blob(line[which]["body"])})
        for which in ("before", "after")
    )
    return Change(line["resource"], line["name"], before, after, line["says"])
