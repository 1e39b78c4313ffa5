"""The audit trail that an emergency run left on GitHub: who, what, when, why; where each was found.

https://docs.github.com/en/rest/git/refs#list-matching-references
https://docs.github.com/en/rest/git/tags#get-a-tag
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.gameday.github import GitHub, SeenRun

#: The four that a trail must hold.
PARTS = ("who", "what", "when", "why")
_SAID = re.compile(
    r"^\s*(who|what|when|why|method|target)\s*:\s*(\S.*)$", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class Trail:
    """What was found of one run; `places` says where."""

    run: int
    found: Mapping[str, str]
    places: Mapping[str, str]

    @property
    def missing(self) -> list[str]:
        """What nobody will know later."""
        return [part for part in PARTS if not self.found.get(part)]


def trail_of(run: SeenRun, github: GitHub, tags: str) -> Trail:
    """Look for the trail of a run.

    Args:
        run: an emergency run.
        github: to ask.
        tags: a glob of the tags that an operation pushes.

    Raises:
        GitHubError: it cannot be asked.
    """
    found = {"who": run.actor, "when": run.created, "what": run.title}
    places = {part: f"run {run.id}" for part, value in found.items() if value}
    for name, message in _messages(github, tags):
        if str(run.id) not in message:
            continue
        for part, value in _SAID.findall(message):
            found[part.lower()] = value.strip()
            places[part.lower()] = f"tag {name}"
    return Trail(run.id, found, places)


def _messages(github: GitHub, tags: str) -> list[tuple[str, str]]:
    prefix = re.split(r"[*?\[]", tags, maxsplit=1)[0]
    refs: list[Mapping[str, Any]] = github.refs(f"tags/{prefix}")
    found = []
    for ref in refs:
        name = str(ref["ref"]).removeprefix("refs/tags/")
        if fnmatch.fnmatchcase(name, tags) and ref["object"]["type"] == "tag":
            found.append((name, github.tag_message(str(ref["object"]["sha"]))))
    return found
