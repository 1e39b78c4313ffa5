"""What a step runs: its own script, and the site's scripts, modules and local actions it leads to.

Only what a name in the text leads to is found; what a script makes up at run time is not.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from harness.verify.jobs import LOCAL, Step

_WORD = re.compile(r"[\w@.-]*(?:/[\w@.-]+)+|[\w-]+\.(?:sh|js|mjs|cjs|ts|py|rb)\b")
_COMMENT = re.compile(r"(?m)^\s*(?:#(?!!)|//).*$|(?<=\s)(?:#|//)\s.*$")
_NPM = re.compile(r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?([\w:-]+)")
_MAKE = re.compile(r"(?m)(?:^|[;&|]\s*)make\b")
#: Files of other kinds hold no commands.
_NO_SCRIPT = frozenset(
    {".html", ".css", ".md", ".txt", ".json", ".svg", ".xml", ".yml", ".yaml", ".toml", ".csv"}
)
_DEEPEST = 4


@dataclass(frozen=True)
class Script:
    """A text that is run: where it is from (nothing: the step itself), and its lines, uncommented."""

    file: str
    text: str


def scripts_of(step: Step, files: Mapping[str, str]) -> tuple[Script, ...]:
    """What the step runs, its own text first."""
    found = {"": Script("", _uncommented(step.run.text))}
    own = [found[""].text]
    if step.uses.startswith(LOCAL):
        for name in ("action.yml", "action.yaml"):
            path = posixpath.normpath(posixpath.join(step.uses, name))
            if path in files:
                found[path] = Script(path, _uncommented(files[path]))
                own.append(found[path].text)
    own += [value.text for name, value in step.spot.get("with").items() if name == "script"]
    where = step.spot.get("working-directory") or step.job.spot.get(
        "defaults", "run", "working-directory"
    )
    for text in own:
        _follow(text, where.text, files, found, _DEEPEST)
    return tuple(found.values())


def everything(step: Step, files: Mapping[str, str]) -> str:
    """All that the step runs, in one text."""
    script = step.spot.get("with", "script").text
    return "\n".join([*(one.text for one in scripts_of(step, files)), script])


def _follow(
    text: str, where: str, files: Mapping[str, str], found: dict[str, Script], deep: int
) -> None:
    if deep == 0:
        return
    for path in _leads_to(text, where, files):
        if path in found:
            continue
        found[path] = Script(path, _uncommented(files[path]))
        _follow(found[path].text, posixpath.dirname(path), files, found, deep - 1)
    for name, script in _by_tool(text, files):
        if name not in found:
            found[name] = Script(name, script)
            _follow(script, "", files, found, deep - 1)


def _leads_to(text: str, where: str, files: Mapping[str, str]) -> Iterator[str]:
    for word in dict.fromkeys(_WORD.findall(text)):
        path = posixpath.normpath(word)
        # A checkout may be in a folder of its own: what is below it is in the repository.
        names = (path, posixpath.normpath(posixpath.join(where, word)), path.partition("/")[2])
        for name in names:
            if name in files and PurePosixPath(name).suffix not in _NO_SCRIPT:
                yield name
                break


def _by_tool(text: str, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if "package.json" in files and (called := _NPM.findall(text)):
        try:
            scripts = json.loads(files["package.json"]).get("scripts", {})
        except (ValueError, AttributeError):
            scripts = {}
        for name in called:
            if isinstance(scripts, dict) and isinstance(scripts.get(name), str):
                yield f"package.json: {name}", scripts[name]
    if "Makefile" in files and _MAKE.search(text):
        yield "Makefile", _uncommented(files["Makefile"])


def _uncommented(text: str) -> str:
    return _COMMENT.sub("", text)
