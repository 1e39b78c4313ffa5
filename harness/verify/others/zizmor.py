"""zizmor: what in a workflow others could abuse. Nothing is asked of the network.

https://docs.zizmor.sh/audits/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.verify.finding import Finding, Severity
from harness.verify.others.asking import ToolEndedError, run, source_at
from harness.verify.source import Source

_SEVERITIES: dict[str, Severity] = {"High": "error", "Medium": "warning"}
#: It asks for `$/` in place of `./` before a workflow of the same repository, which neither act nor
#: actionlint knows at the versions we pin: whoever followed it could not be drilled.
_LEFT_OUT = frozenset({"self-repository"})
#: What it does not look at although GitHub's schema, or what else reads it, may.
UNREADABLE = "zizmor/unreadable"
_REFUSED = re.compile(r"failed to load file://(\S+) as workflow")
#: Nothing found; one for each of its own degrees of severity.
_USUAL = (0, 11, 12, 13, 14)
#: No input that it can read: what is wrong with them others say.
_NOTHING_TO_READ = 3


def ask_zizmor(program: Path, root: Path, sources: Sequence[Source]) -> list[Finding]:
    """What zizmor says of the workflows.

    Raises:
        ProcessError: it failed.
    """
    paths = {source.file: source for source in sources}
    try:
        return _audited(program, root, paths)
    except ToolEndedError as error:
        # Of several workflows it looks at none when it cannot take one in.
        refused = [path for path in _REFUSED.findall(error.said) if path in paths]
        if not refused:
            raise
    rest = [source for path, source in paths.items() if path not in refused]
    told = [_unreadable(paths[path]) for path in dict.fromkeys(refused)]
    return [*told, *(ask_zizmor(program, root, rest) if rest else ())]


def _audited(program: Path, root: Path, paths: dict[str, Source]) -> list[Finding]:
    arguments = ["--offline", "--quiet", "--no-progress", "--strict-collection"]
    arguments += ["--format", "json-v1", "--", *paths]
    out, _ = run(program, arguments, root=root, usual=(*_USUAL, _NOTHING_TO_READ))
    told = json.loads(out or "[]")
    return [
        _finding(root, paths.values(), one)
        for one in told
        if one["ident"] not in _LEFT_OUT and not one["ignored"]
    ]


def _unreadable(source: Source) -> Finding:
    message = "zizmor cannot make anything of this workflow, and has not looked at it"
    fix = "See what else is found in it; --without zizmor does without this look."
    return Finding(UNREADABLE, source.path, 1, 1, 1, message, "", fix, "error", "zizmor")


def _finding(root: Path, sources: Iterable[Source], one: dict[str, Any]) -> Finding:
    primary = next(at for at in one["locations"] if at["symbolic"]["kind"] == "Primary")
    path = next(iter(primary["symbolic"]["key"].values()))["verbatim_path"]
    source = source_at(root, path, sources)
    place = primary["concrete"]["location"]
    start, end = place["start_point"], place["end_point"]
    said = primary["symbolic"]["annotation"]
    message = f"{one['desc']}: {said}" if said and said not in one["desc"] else one["desc"]
    return Finding(
        f"zizmor/{one['ident']}",
        source.path,
        start["row"] + 1,
        start["column"] + 1,
        end["row"] + 1,
        message,
        "",
        one["url"],
        _SEVERITIES.get(one["determinations"]["severity"], "note"),
        "zizmor",
    )
