"""SD005: a target looked up among tags, where an emergency's own tag or what is live can come up."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator

from harness.verify.finding import Finding
from harness.verify.look import DrillRule, View, once
from harness.verify.rule import Rule
from harness.verify.scripts import Script
from harness.verify.walking import Visit

RULE = Rule(
    "SD005",
    "a rollback target that can be an emergency's tag, or what is live",
    "A rollback to the tag of the last hotfix, or to the release that is just broken, changes nothing: "
    "the second rollback of a night goes back to the first one's fault.",
    "Choose among strict release tags only (v1.2.3, no suffix), from what was deployed before the "
    "commit that is live; the reference site's ops/last-known-good does.",
    cause="target",
)
#: Tags as emergencies make them.
_EMERGENCY = ("v0.0.0-hotfix.20260105T100003Z", "v0.0.0-rollback.20260105T100003Z")
_DESCRIBE = re.compile(r"\bgit\s+describe\b(?P<rest>[^\n|;&)]*)")
_LIST = re.compile(
    r"\b(?P<what>git\s+tag|git\s+for-each-ref[^\n|]*refs/tags|git\s+ls-remote[^\n|]*--tags|"
    r"gh\s+release\s+(?:list|view))(?![\w-])(?P<rest>(?:\\\n|[^\n;&)])*)"
)
_MAKES = re.compile(r"\s(?:-a|-m|-s|-d|-f|--annotate|--message|--delete|--points-at)\b")
#: Chooses the first of a list, or the last.
_FIRST = re.compile(
    r"\bhead\s+(?:-n\s*)?-?1\b|\bsed\s+(?:-n\s+)?['\"]?1p|--count[= ]1\b|--limit[= ]1\b|"
    r"\btail\s+(?:-n\s*)?-?1\b|\bhead\b\s*(?:\||$)"
)
_LATER = re.compile(
    r"sed\s+-n\s+['\"]?[2-9]p|tail\s+-n\s*\+?[2-9]|tail\s+-[2-9]|head\s+(?:-n\s*)?-?[2-9]\b|awk\s+['\"]?NR\s*==\s*[2-9]|"
    r"merged[= ]\S*[~^]|grep\s+-[a-zA-Z]*v|--no-contains"
)
_SPARED = re.compile(r"hotfix|rollback|emergency|v0\\?\.0\\?\.0|\*-\*|-")


def look(view: View) -> Iterator[Finding]:
    """Look-ups among tags in the emergency, and what they can come to."""
    emergency = view.site.emergency
    if emergency is None:
        return
    visits = view.visits(emergency)
    tags = any(view.deeds.tags(visit.step) for visit in visits)
    yield from once(
        finding
        for visit in visits
        for script in view.deeds.scripts(visit.step)
        for finding in _of_script(visit, script, tags=tags)
    )


def _of_script(visit: Visit, script: Script, *, tags: bool) -> Iterator[Finding]:
    for match in (*_DESCRIBE.finditer(script.text), *_LIST.finditer(script.text)):
        what, rest = match[0].split("|")[0].strip(), match["rest"]
        if "describe" in what:
            if "--exact-match" in rest or "--contains" in rest:
                continue
            emergency, live = _takes_emergencies(rest), not re.search(r"[~^]", rest)
        else:
            if _MAKES.search(rest) or "git push" in what:
                continue
            whole = match[0]
            if not (_FIRST.search(whole) or _LATER.search(whole) or "release view" in what):
                continue  # a list, from which something else chooses
            emergency = not what.startswith("gh") and _takes_emergencies(whole)
            live = not _LATER.search(whole)
        said = [
            words
            for words, holds in (
                ("the tag of an earlier emergency", emergency and tags),
                ("the release that is live", live),
            )
            if holds
        ]
        if said:
            where = f" in {script.file}" if script.file else ""
            place = (
                visit.step.head.place
                if script.file
                else visit.step.run.place_of(re.escape(what.split("\n")[0]))
            )
            message = f"`{what}`{where} can come to {' or to '.join(said)}"
            yield RULE.at(visit.job.source, place, message)


def _takes_emergencies(rest: str) -> bool:
    """Whether an emergency's tag passes all filters of a look-up."""
    if any(_SPARED.search(word) for word in re.findall(r"--exclude[= ]*(\S+)", rest)):
        return False
    globs = re.findall(
        r"(?:--match[= ]*|-l\s+|--list\s+|refs/tags/|\s)['\"]?([\w.\[\]-]*[*?\[][^\s'\"|]*)", rest
    )
    globs = [glob.removeprefix("refs/tags/") for glob in globs]
    if globs and not any(fnmatch.fnmatch(tag, glob) for tag in _EMERGENCY for glob in globs):
        return False
    for options, quote, pattern in re.findall(r"grep\s+((?:-\w+\s+)*)(['\"]?)([^'\"|]+)\2", rest):
        _ = quote
        matched = any(_matches(pattern.strip(), tag) for tag in _EMERGENCY)
        if matched == ("v" in options.replace("-", "")):
            return False
    return True


def _matches(pattern: str, tag: str) -> bool:
    try:
        return re.search(pattern, tag) is not None
    except re.error:
        return True


DRILL_RULE = DrillRule(RULE, look)
