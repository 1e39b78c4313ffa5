"""The one family of errors a user can meet.

Every message says what was wrong, where, and what to do next; only the command line prints them.
"""

from __future__ import annotations

from pathlib import Path


class SitedrillError(Exception):
    """Something a user can act on: `message` says what is wrong, `hint` what to do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the two halves apart so that reports can show the cause alone."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """One line: the cause, then the way out."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(SitedrillError):
    """A file or an option says something we cannot use: names file, key, value and what is expected."""

    def __init__(
        self,
        *,
        file: Path | str,
        key: str,
        value: object = None,
        expected: str,
        hint: str = "",
    ) -> None:
        """`value` is what was found, None when the key is missing."""
        found = "is missing" if value is None else f"is {value!r}"
        super().__init__(f"{file}: {key} {found}, expected {expected}", hint=hint)
        self.file = str(file)
        self.key = key


class ToolMissingError(SitedrillError):
    """A program a drill needs could neither be found nor made."""


class ProcessError(SitedrillError):
    """A program we started failed or did not get ready in time."""


class EmulatorError(SitedrillError):
    """The emulated AWS could not be started, snapshotted or reached."""


class DispatchError(SitedrillError):
    """GitHub would refuse this dispatch: `status` is the HTTP status it would answer with."""

    def __init__(self, message: str, *, status: int = 422, hint: str = "") -> None:
        """See https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event."""
        super().__init__(message, hint=hint)
        self.status = status


class PollTimeoutError(SitedrillError):
    """A condition did not come true by its deadline: carries the last observation."""


class DrillError(SitedrillError):
    """A drill was asked for something that makes no sense (a step out of order, an unknown incident)."""


class UnmetError(SitedrillError):
    """A drill did not meet its expectation: not a fault of ours, but what a drill is for."""
