"""What a drill found out about the way it went, whatever its verdict: what the world had to make up for.

your emergency path needs github.com release downloads: https://... (a double answered)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from harness.reports.journals import DrillJournal
from harness.reports.text import one_line

#: Whose path a run's is, by what the run was for.
_PATHS: Mapping[str, str] = {
    "response": "your emergency path",
    "pipeline": "your emergency path",
    "inject": "your release pipeline",
    "setup": "your release pipeline",
}
_ANSWERED: Mapping[str, str] = {"double": "a double answered", "refused": "refused"}
#: What people call what these hosts have.
_KNOWN: Mapping[str, str] = {
    "github.com": "github.com",
    "api.github.com": "GitHub's API of other repositories",
    "registry.npmjs.org": "the npm registry",
    "pypi.org": "PyPI",
    "files.pythonhosted.org": "PyPI",
    "registry.terraform.io": "the Terraform registry",
    "registry.opentofu.org": "the OpenTofu registry",
    "releases.hashicorp.com": "HashiCorp's downloads",
    "proxy.golang.org": "the Go module proxy",
}


def findings_of(journal: DrillJournal) -> tuple[str, ...]:
    """One line for each thing found, in the order in which it showed, none twice."""
    return tuple(dict.fromkeys([*_outward(journal), *_doubles(journal)]))


def _outward(journal: DrillJournal) -> Iterator[str]:
    roles = {
        record.data.get("run"): one_line(record.data.get("role"))
        for record in journal.all("run.started")
    }
    asked: dict[tuple[str, str, str], dict[str, None]] = {}
    for record in journal.all("egress"):
        answered = _ANSWERED.get(one_line(record.data.get("answer")))
        url = one_line(record.data.get("url"))
        if answered is None or not url:
            continue
        path = _PATHS.get(roles.get(record.data.get("run"), ""), "a run of yours")
        asked.setdefault((path, _what(url), answered), {})[url] = None
    for (path, what, answered), urls in asked.items():
        first, *others = urls
        more = f" and {len(others)} more" if others else ""
        yield f"{path} needs {what}: {first}{more} ({answered})"


def _what(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or url
    if host == "github.com" and "/releases/download/" in parts.path:
        return "github.com release downloads"
    return _KNOWN.get(host, host)


def _doubles(journal: DrillJournal) -> Iterator[str]:
    for record in journal.all("double"):
        text = one_line(record.data.get("text"))
        if text:
            yield text
