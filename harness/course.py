"""How far a drill is: what is known of it, told to the journal as it becomes known."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from harness.errors import ConfigError, DrillError
from harness.github.history import Release
from harness.incidents import Incident
from harness.journal import Journal
from harness.responses import Response

T = TypeVar("T")


class Course:
    """One drill's; every step adds to it.

    `doubts` are the reasons for which nothing can be concluded; `injected_at` is in journal seconds.
    """

    def __init__(self, journal: Journal) -> None:
        """Nothing is known."""
        self.journal = journal
        self.phase = "begin"
        self.environment = ""
        self.via = "none"
        self.noted: Incident | None = None
        self.now_live: Release | None = None
        self.response: Response | None = None
        self.injected_at: float | None = None
        self.doubts: list[str] = []
        self._looked_at: set[str] = set()

    def enter(self, phase: str) -> None:
        """The next phase begins."""
        self.phase = phase
        self.journal.write("phase", name=phase)

    def look(self, at: str) -> None:
        """Somebody looks at what has to be seen: the steady state, or the symptom."""
        self.enter(at)
        self._looked_at.add(at)

    def doubt_what_nobody_saw(self) -> None:
        """Without steady state and symptom nothing can be concluded."""
        if "steady" not in self._looked_at:
            self.doubts.append("nobody looked whether the site was healthy to begin with")
        if "symptom" not in self._looked_at:
            self.doubts.append("nobody looked whether viewers see the fault")

    def plan(self, expected: str | None = None, *, refused: bool = False) -> None:
        """Tell what is known of the drill so far: the last of these records counts."""
        response = self.response
        self.journal.write(
            "drill.planned",
            incident=self.incident.id,
            title=self.incident.title,
            symptom=self.incident.story,
            layer=self.incident.layer,
            via=self.via,
            environment=self.environment,
            operation=(response and response.operation) or None,
            method=response and response.method,
            expected=expected,
            refused=refused,
        )

    def inject(self, release: Release | None = None) -> None:
        """The fault is in: with a release that is live now, or by drift."""
        record = self.journal.write(
            "injected",
            incident=self.incident.id,
            via=self.via,
            release=release and release.tag,
            commit=release and release.commit,
        )
        self.injected_at = record.t
        self.now_live = release or self.now_live

    def expect(self, expected: str, *, scenario: str, files: Path) -> None:
        """A feature expects what the incident's file says.

        Raises:
            ConfigError: it expects something else.
        """
        response = there(self.response, "a response")
        name = response.method or response.operation
        known = self.incident.expected(self.via, name)
        if known != expected:
            raise ConfigError(
                file=files / f"{self.incident.id}.toml",
                key=f"expect.{self.via}.{name}",
                value=known,
                expected=f"{expected!r}, as scenario {scenario!r} says",
            )

    @property
    def incident(self) -> Incident:
        """What the drill is about."""
        return there(self.noted, "an incident: ship or make one first")

    @property
    def live(self) -> Release:
        """The release that is live now."""
        return there(self.now_live, "a world: open one first")


def there(value: T | None, what: str) -> T:
    """What an earlier step has left.

    Raises:
        DrillError: no step has; the steps are out of order.
    """
    if value is None:
        raise DrillError(f"this step needs {what}")
    return value
