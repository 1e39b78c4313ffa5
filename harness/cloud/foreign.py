"""Emulators that need another environment than ours: where it is, and what it gets to see.

environment = ForeignEnvironment("ministack", cache=cache)
environment.ensure(say=print)                       # made once for a user
environment.command("harness.cloud.ministack.process"), environment.variables(directory)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import harness
from harness.venvs import clean_environment, ensure_venv, is_whole, venv_path

_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)$", re.MULTILINE)
#: What a person has set for their own AWS, or for an emulator of their own; and what would make each
#: start compile thousands of modules.
_NOT_THEIRS = ("AWS_", "MOTO_", "LOCALSTACK_", "MINISTACK_", "PYTHONDONTWRITEBYTECODE")


@dataclass(frozen=True)
class ForeignEnvironment:
    """The virtual environment of one emulator.

    Attributes:
        name: the emulator's; its folder beside this file holds `requirements.txt`.
        package: the requirement whose version is the emulator's.
        cache: where environments are kept, for this user.
        python: which interpreters will do.
        otherwise: what a person can do who cannot have it.
    """

    name: str
    package: str
    cache: Path
    python: str
    otherwise: str

    @property
    def requirements(self) -> tuple[str, ...]:
        """What is installed in it, all of it pinned."""
        listed = Path(__file__).with_name(self.name) / "requirements.txt"
        lines = (line.strip() for line in listed.read_text().splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))

    @property
    def path(self) -> Path:
        """Where it is, or would be."""
        return venv_path(self.cache, self.name, self.requirements)

    @property
    def ready(self) -> bool:
        """Whether it has been made."""
        return is_whole(self.path)

    @property
    def version(self) -> str:
        """The emulator's."""
        pins: dict[str, str] = dict(_PIN.findall("\n".join(self.requirements)))
        return pins[self.package]

    def ensure(self, say: Callable[[str], None]) -> None:
        """Make it when it is not there.

        Raises:
            ToolMissingError: it cannot be made; says why, and what to do.
        """
        ensure_venv(
            self.cache,
            self.name,
            self.requirements,
            python=self.python,
            say=say,
            otherwise=self.otherwise,
        )

    def command(self, module: str) -> list[str]:
        """Runs a module of ours with its interpreter; a working directory must not shadow modules."""
        return [str(self.path / "bin" / "python"), "-P", "-m", module]

    def variables(self, directory: Path, own: Mapping[str, str]) -> dict[str, str]:
        """The process's whole environment: it finds our package, but none of our dependencies.

        Args:
            directory: a folder of the process's own.
            own: the emulator's settings.
        """
        lent = directory / "lent"
        lent.mkdir(parents=True, exist_ok=True)
        link = lent / "harness"
        if not link.exists():
            link.symlink_to(Path(harness.__file__).parent, target_is_directory=True)
        kept = {k: v for k, v in clean_environment().items() if not k.startswith(_NOT_THEIRS)}
        return {**kept, "PYTHONPATH": os.fspath(lent), **own}
