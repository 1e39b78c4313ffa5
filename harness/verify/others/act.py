"""act's own look at a workflow: whether it is of the shape that its schema wants.

https://nektosact.com/usage/schema.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.verify.finding import Finding
from harness.verify.others.asking import run
from harness.verify.source import Source

_WHY = "Drills run workflows under act, and its schema is made after GitHub's."
_FIX = "https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"
_PART = re.compile(r"Line: (\d+) Column (\d+): ((?:(?!Line: \d+ Column).)+)", re.S)
#: Where a step or a job is of one of several shapes, act tells of each what does not fit it: that a
#: step that runs something has `run` where an action's would have `uses` says nothing.
_OTHER_SHAPE = re.compile(
    r"Unknown Property (?:run|uses|with|shell|working-directory|runs-on|steps|services|container|"
    r"strategy|env|outputs|environment|timeout-minutes|continue-on-error|defaults|secrets)$"
)


def ask_act(program: Path, root: Path, sources: Sequence[Source]) -> list[Finding]:
    """What act says of each workflow.

    Raises:
        ProcessError: it failed.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        told = pool.map(lambda source: _told(program, root, source), sources)
    return [finding for findings in told for finding in findings]


def _told(program: Path, root: Path, source: Source) -> list[Finding]:
    arguments = ["--validate", "--strict", "--workflows", source.file]
    out, err = run(program, arguments, root=root, usual=(0, 1))
    said = (out + err).partition("Error: workflow is not valid.")[2]
    said = said.partition("Actions YAML Strict Schema Validation Error")[0]
    return list(read_act(source, said)) if said else []


def read_act(source: Source, said: str) -> Iterator[Finding]:
    """The findings in what act says of a workflow that is not valid."""
    parts = [(int(m[1]), int(m[2]), m[3].strip()) for m in _PART.finditer(said)]
    leaves = [part for part in parts if not part[2].startswith("Failed to match")]
    telling = [part for part in leaves if not _OTHER_SHAPE.search(part[2])] or leaves[:1]
    for line, column, message in dict.fromkeys(telling):
        yield Finding("act", source.path, line, column, line, message, _WHY, _FIX, "error", "act")
    if not telling:
        message = " ".join(said.split()) or "the workflow is not valid"
        yield Finding("act", source.path, 1, 1, 1, message, _WHY, _FIX, "error", "act")
