"""The journal: the append-only record of everything that happened in a drill.

It is the only source of reports and of the audit check. One JSON object a line:

    {"seq": 12, "t": 3.412, "at": "2026-01-05T10:00:03.412Z", "kind": "aws.call", ...}

`seq` counts from 1 without gaps, `t` is seconds since the journal was begun (monotonic; by the wall clock
from one process to the next), `at` is the wall clock in UTC, `kind` says which of the kinds below it is;
the rest is the kind's own data.
docs/journal.md lists every kind with its fields.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from harness.clock import Clock
from harness.errors import SitedrillError

#: A value shorter than this is not masked: it would blank out half of every line.
SHORTEST_SECRET = 4


@dataclass(frozen=True)
class Record:
    """One line of a journal, read back."""

    seq: int
    t: float
    at: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """Writes records as they happen; safe to use from several threads.

    Each record is handed to the operating system whole and at once, so that a killed drill leaves a
    journal that says where it stopped. Secrets given to `mask` never reach the file.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        """Open `path` for appending, making its folder when it is not there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._clock = clock
        self._start = clock.monotonic()
        self._lock = threading.Lock()
        self._seq = 0
        self._secrets: tuple[str, ...] = ()
        self._go_on()
        self._file: IO[bytes] | None = path.open("ab", buffering=0)

    def _go_on(self) -> None:
        """Go on where the writer before stopped; a last line that was cut off is taken away."""
        if not self.path.exists() or not self.path.stat().st_size:
            return
        with self.path.open("r+b") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)
        records = read_journal(self.path)
        if records:
            last = records[-1]
            passed = self._clock.now() - datetime.fromisoformat(last.at)
            self._seq = last.seq
            self._start -= last.t + max(passed / timedelta(seconds=1), 0)

    def mask(self, secrets: Iterable[str]) -> None:
        """Replace these values, and each line of them, by `***` in what is written from now on."""
        lines = {line.strip() for secret in secrets for line in (secret, *secret.splitlines())}
        with self._lock:
            plain = {line for line in lines if len(line) >= SHORTEST_SECRET}
            known = (
                set(self._secrets) | plain | {form for line in plain for form in disguises(line)}
            )
            self._secrets = tuple(sorted(known, key=len, reverse=True))

    @property
    def seq(self) -> int:
        """The number of the last record."""
        return self._seq

    def masked(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """As it would stand in the file."""
        with self._lock:
            found: Mapping[str, Any] = self._masked(data) if self._secrets else data
            return found

    def conceals(self, text: str) -> bool:
        """Whether something in a text is masked."""
        with self._lock:
            return any(secret in text for secret in self._secrets)

    def write(self, kind: str, **data: Any) -> Record:
        """Append one record; after `close` it is dropped, so that late threads do no harm."""
        with self._lock:
            record = Record(
                seq=self._seq + 1,
                t=round(self._clock.monotonic() - self._start, 4),
                at=self._clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                kind=kind,
                data=self._masked(data) if self._secrets else data,
            )
            if self._file is not None:
                self._seq = record.seq
                line = {"seq": record.seq, "t": record.t, "at": record.at, "kind": kind}
                self._file.write(
                    json.dumps(
                        {**line, **record.data, **line}, ensure_ascii=False, default=str
                    ).encode(errors="replace")
                    + b"\n"
                )
            return record

    @contextmanager
    def activity(self, kind: str, **data: Any) -> Iterator[dict[str, Any]]:
        """Record `<kind>.started`, then `<kind>.finished` with seconds and outcome, whatever is raised.

        The dictionary yielded is for what is known only at the end; it goes into the second record.
        """
        start = self.write(f"{kind}.started", **data).t
        found: dict[str, Any] = {}
        outcome = "failed"
        try:
            yield found
            outcome = "done"
        except KeyboardInterrupt:
            outcome = "interrupted"
            raise
        except BaseException as error:
            found.setdefault("error", f"{type(error).__name__}: {error}")
            raise
        finally:
            seconds = round(self._clock.monotonic() - self._start - start, 4)
            self.write(f"{kind}.finished", **{**data, **found}, outcome=outcome, seconds=seconds)

    def elapsed(self) -> float:
        """Seconds since the journal was opened, on the same scale as `t`."""
        return self._clock.monotonic() - self._start

    def close(self) -> None:
        """Close the file; may be called again."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def __enter__(self) -> Journal:
        """Open for the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _masked(self, value: Any) -> Any:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "***")
            return value
        if isinstance(value, Mapping):
            return {self._masked(k): self._masked(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._masked(v) for v in value]
        if value is None or isinstance(value, bool | int | float):
            return value
        # What the file would get as text (a path, an exception) may hold a secret as well.
        return self._masked(str(value))


def disguises(secret: str) -> set[str]:
    """The forms in which programs write a value without meaning to hide it, as GitHub masks them.

    In Base64 it looks different at each of three places in a longer text; of each only what does not
    depend on its neighbours is taken, and of what fills several lines each line.
    https://github.com/actions/runner/blob/main/src/Runner.Common/HostContext.cs
    """
    raw = secret.encode()
    forms = {
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }
    for skipped in range(3):
        whole = raw[skipped : skipped + (len(raw) - skipped) // 3 * 3]
        text = b64encode(whole).decode()
        for form in (text, text.replace("+", "-").replace("/", "_")):
            forms.add(form)
            forms |= {form[start : start + 76] for start in range(0, len(form), 76)}
    return {form for form in forms if form != secret and len(form) >= 2 * SHORTEST_SECRET}


def read_journal(path: Path) -> list[Record]:
    """Read a journal back, in order.

    A last line cut off in the middle (the writer was killed) is left out.

    Raises:
        SitedrillError: the file cannot be read, or a line before the last is not a record.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SitedrillError(f"{path}: cannot read the journal: {error.strerror}") from error
    records: list[Record] = []
    for number, line in enumerate(lines, start=1):
        try:
            data = json.loads(line)
            records.append(
                Record(data.pop("seq"), data.pop("t"), data.pop("at"), data.pop("kind"), data)
            )
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            if number == len(lines):
                break
            raise SitedrillError(f"{path}:{number}: not a journal record: {error}") from error
    return records
