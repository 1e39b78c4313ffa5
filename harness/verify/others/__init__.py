"""Tools of others that read workflows: one module for each, with one function that asks it.

What they find is told in our shape. Which file they mean is known by its path in the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.runner.linters import (
    ACTIONLINT_VERSION,
    ZIZMOR_VERSION,
    ensure_actionlint,
    ensure_zizmor,
)
from harness.runner.tools import ACT_VERSION, ensure_act
from harness.verify.finding import Finding
from harness.verify.others.act import ask_act
from harness.verify.others.actionlint import ask_actionlint
from harness.verify.others.zizmor import ask_zizmor
from harness.verify.source import Source

Say = Callable[[str], None]


@dataclass(frozen=True)
class Other:
    """A tool: how it is found or made, and how it is asked about the sources of a site's folder."""

    version: str
    ensure: Callable[[Path, Say], Path]
    ask: Callable[[Path, Path, Sequence[Source]], list[Finding]]


OTHERS = {
    "act": Other(ACT_VERSION, lambda cache, say: ensure_act(cache, say=say), ask_act),
    "actionlint": Other(
        ACTIONLINT_VERSION, lambda cache, say: ensure_actionlint(cache, say=say), ask_actionlint
    ),
    "zizmor": Other(ZIZMOR_VERSION, lambda cache, say: ensure_zizmor(cache, say=say), ask_zizmor),
}


def ask(
    names: Sequence[str], root: Path, sources: Sequence[Source], *, cache: Path, say: Say
) -> list[Finding]:
    """What these tools find, asked at the same time.

    Raises:
        ToolMissingError: one of them is not here and cannot be made.
        ProcessError: one of them failed.
    """
    if not sources:
        return []
    programs = {name: OTHERS[name].ensure(cache, say) for name in names}
    with ThreadPoolExecutor(max_workers=max(len(programs), 1)) as pool:
        asked = [
            pool.submit(OTHERS[name].ask, program, root, sources)
            for name, program in programs.items()
        ]
        return [finding for one in asked for finding in one.result()]


__all__ = ["OTHERS", "Other", "ask"]
