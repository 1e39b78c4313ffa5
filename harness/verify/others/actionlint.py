"""actionlint: syntax, expressions and their types, events, names of runners and actions' inputs.

https://github.com/rhysd/actionlint/blob/main/docs/checks.md. It would also ask shellcheck and pyflakes
where they are installed; we do not let it, so that it finds the same on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from harness.verify.finding import Finding
from harness.verify.others.asking import run, source_at
from harness.verify.source import Source

_FIX = "https://github.com/rhysd/actionlint/blob/v1.7.12/docs/checks.md"


def ask_actionlint(program: Path, root: Path, sources: Sequence[Source]) -> list[Finding]:
    """What actionlint says of the workflows.

    Raises:
        ProcessError: it failed.
    """
    paths = [source.file for source in sources]
    arguments = ["-shellcheck=", "-pyflakes=", "-format", "{{json .}}", "--", *paths]
    out, _ = run(program, arguments, root=root, usual=(0, 1))
    told = json.loads(out or "[]")
    return [_finding(source_at(root, one["filepath"], sources), one) for one in told]


def _finding(source: Source, one: dict[str, object]) -> Finding:
    line, column = int(str(one["line"])), max(int(str(one["column"])), 1)
    rule = f"actionlint/{one['kind']}"
    message = str(one["message"])
    return Finding(rule, source.path, line, column, line, message, "", _FIX, "error", "actionlint")
