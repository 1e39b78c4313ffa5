"""SD009: something fetched during the emergency that may be another thing by then."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.verify.finding import Finding
from harness.verify.look import DrillRule, View, once
from harness.verify.rule import Rule
from harness.verify.scripts import Script
from harness.verify.source import Place
from harness.verify.walking import Visit

RULE = Rule(
    "SD009",
    "a download at emergency time that is not pinned",
    "The emergency runs what somebody else publishes on that day: a new version that breaks it, or "
    "one that was tampered with, with production's credentials at hand.",
    "Name an exact version and hold what was fetched against its checksum (sha256sum --check); pin "
    "actions to a full commit.",
    cause="unpinned",
)
_FETCH = re.compile(r"\b(?:curl|wget)\b(?P<rest>(?:\\\n|[^\n;&])*)")
_URL = re.compile(r"https?://(?!localhost|127\.|\$)[\w.-]+\.[a-z]+(?:/[^\s\"'|)>]*)?")
_NOWHERE = re.compile(r"(?:-\w*o|--output|\d?>|&>)[\s=]*[\"']?/dev/null[\"']?")
_KEEPS = re.compile(
    r"(?:^|\s)(?:-[a-zA-Z]*[oO]\b|--remote-name|--output)|"
    r"\|\s*(?:sudo\s+)?(?:(?:ba|z|da|)sh|tar|gunzip|unzip|python3?|node)\b|(?<![\d&])>\s*\S"
)
_CHECKED = re.compile(
    r"sha\d+sum[^\n]*(?:-c|--check)|shasum[^\n]*(?:-c|--check)|gpg\b[^\n]*--verify|cosign\s+verify|"
    r"openssl\s+dgst[^\n]*-verify|minisign\s+-V"
)
_PACKAGES = (
    (
        re.compile(r"\bpip3?\s+install\s+(?P<rest>[^\n;&|]*)"),
        re.compile(r"==|\s-r\s|^-r\s|--require|\s\.|^\.|-e\s"),
    ),
    (re.compile(r"\bnpx\s+(?:--yes\s+|-y\s+)?(?P<rest>[\w@/.-]+)"), re.compile(r".@\d|^\./")),
    (
        re.compile(r"\bnpm\s+(?:install|i|add)\s+(?P<rest>-g\s+[^\n;&|]+|[\w@][^\n;&|]*)"),
        re.compile(r".@\d"),
    ),
    (re.compile(r"\bgo\s+(?:install|run)\s+(?P<rest>[\w./-]+\.[\w./-]+@\S+)"), re.compile(r"@v\d")),
    (re.compile(r"\bdocker\s+(?:run|pull)\s+(?P<rest>[^\n;&|]*)"), re.compile(r"@sha256:|:v?\d")),
)
_COMMIT = re.compile(r"@[0-9a-f]{40}$|@sha256:[0-9a-f]{64}$")
_BRANCH = re.compile(r"@(?:main|master|latest|head|dev|develop|trunk)$", re.I)


def look(view: View) -> Iterator[Finding]:
    """What the emergency fetches, in its steps and in the site's scripts that they run."""
    emergency = view.site.emergency
    if emergency is None:
        return
    yield from once(
        finding for visit in view.visits(emergency) for finding in _of_visit(view, visit)
    )


def _of_visit(view: View, visit: Visit) -> Iterator[Finding]:
    step = visit.step
    if _BRANCH.search(step.uses) and not _COMMIT.search(step.uses):
        place = step.spot.get("uses").place_of(re.escape(step.uses))
        message = f"the action {step.uses} is whatever its branch holds on that day"
        yield RULE.at(visit.job.source, place, message)
    for script in view.deeds.scripts(step):
        for what in _unpinned(script):
            where = f" in {script.file}" if script.file else ""
            first = what.split("\n")[0].strip()
            yield RULE.at(
                visit.job.source, _place(visit, script, first), f"`{first}`{where} is not pinned"
            )


def _place(visit: Visit, script: Script, what: str) -> Place:
    return visit.step.head.place if script.file else visit.step.run.place_of(re.escape(what))


def _unpinned(script: Script) -> Iterator[str]:
    if not _CHECKED.search(script.text):
        for match in _FETCH.finditer(script.text):
            rest = _NOWHERE.sub("", match["rest"])
            if _URL.search(rest) and _KEEPS.search(rest):
                yield match[0].strip()
    for command, pinned in _PACKAGES:
        for match in command.finditer(script.text):
            if match["rest"].strip() and not pinned.search(match["rest"]):
                yield match[0].strip()


DRILL_RULE = DrillRule(RULE, look)
