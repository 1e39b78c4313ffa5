"""A site's workflows: which of them is the emergency's, which deploys, and what they need."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from harness.errors import ConfigError
from harness.github.workflow import Workflow, parse_workflow
from harness.runner.actions import DOUBLES
from harness.survey.files import Text
from harness.survey.inputs import emergency_form

FOLDER = ".github/workflows/"
_EMERGENCY = re.compile(
    r"emergency|roll-?back|hot-?fix|incident|break-?glass|revert|recover|restore|rescue", re.I
)
_DEPLOY = re.compile(r"\b(run|deploy|release|publish|ship|promote)", re.I)
_USES = re.compile(r"^\s*(?:-\s*)?uses:\s*['\"]?([^\s'\"#]+)", re.M)
_DOWNLOAD = re.compile(r"(?:curl|wget)\b[^\n]*?(https?://[^\s\"'`)>|;]+)")
_CONTEXT = re.compile(r"\b(vars|secrets)\.([A-Za-z_][A-Za-z0-9_]*)")
#: GitHub gives every run this one.
_GIVEN = "GITHUB_TOKEN"


@dataclass(frozen=True)
class Candidate:
    """A workflow that parses, with the text it was read from."""

    workflow: Workflow
    text: str
    document: Mapping[str, Any]

    @property
    def file(self) -> str:
        """Its name, as the settings want it."""
        return PurePosixPath(self.workflow.file).name

    @property
    def environments(self) -> list[str]:
        """The environments that its jobs name outright."""
        found = []
        for job in _mapping(self.document.get("jobs")).values():
            environment = _mapping(job).get("environment")
            name = environment.get("name") if isinstance(environment, dict) else environment
            if isinstance(name, str) and "${{" not in name:
                found.append(name)
        return found


def read_workflows(files: Iterable[Text]) -> tuple[list[Candidate], list[str]]:
    """The workflows of the repository, and what is wrong with those that do not parse."""
    found, broken = [], []
    for file in files:
        if not file.path.startswith(FOLDER) or not file.path.endswith((".yml", ".yaml")):
            continue
        try:
            workflow = parse_workflow(file.path, file.text)
        except ConfigError as error:
            broken.append(error.message)
            continue
        document = yaml.load(file.text, Loader=yaml.BaseLoader)  # noqa: S506 - text, nothing else
        found.append(Candidate(workflow, file.text, _mapping(document)))
    return found, broken


def the_emergency(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The workflows that may be the emergency's, the likeliest first."""
    return _ranked(candidates, _like_emergency, least=3)


def the_deployment(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The workflows that may deploy a release, the likeliest first."""
    return _ranked(candidates, _like_deployment, least=2)


def actions_without_double(files: Iterable[Text]) -> list[str]:
    """Actions of others that no double stands in for."""
    used = {
        uses
        for file in files
        if file.path.startswith(".github/")
        for uses in _USES.findall(file.text)
        if not uses.startswith(("./", "docker://")) and "@" in uses and ".github/" not in uses
    }
    return sorted(u for u in used if "/".join(u.partition("@")[0].split("/")[:2]) not in DOUBLES)


def downloads(files: Iterable[Text]) -> list[str]:
    """Addresses that workflows and scripts fetch from."""
    found = {
        address.rstrip(".,\\")
        for file in files
        if not file.path.endswith((".md", ".html"))
        for address in _DOWNLOAD.findall(file.text)
    }
    return sorted(a for a in found if not re.match(r"https?://(\$|localhost|127\.)", a))


def contexts(candidates: Iterable[Candidate]) -> tuple[list[str], list[str]]:
    """The variables and the secrets that workflows read."""
    named = {pair for one in candidates for pair in _CONTEXT.findall(one.text)}
    variables = sorted(name for kind, name in named if kind == "vars")
    secrets = sorted(name for kind, name in named if kind == "secrets" and name != _GIVEN)
    return variables, secrets


def _ranked(candidates: Sequence[Candidate], score: Any, *, least: int) -> list[Candidate]:
    scored = [(-score(one), one.file, one) for one in candidates]
    return [one for points, _, one in sorted(scored, key=lambda s: s[:2]) if -points >= least]


def _like_emergency(one: Candidate) -> int:
    if "workflow_dispatch" not in one.workflow.triggers:
        return 0
    form = emergency_form(one.workflow.inputs)
    named = bool(_EMERGENCY.search(f"{one.file} {one.workflow.name}"))
    return 3 * named + len({"operation", "method", "reason", "target"} & set(form.inputs))


def _like_deployment(one: Candidate) -> int:
    push = one.workflow.push
    by_tag = push is not None and bool(push.tags)
    if _EMERGENCY.search(one.file) or not (by_tag or "workflow_dispatch" in one.workflow.triggers):
        return 0
    named = bool(_DEPLOY.search(one.file)) + bool(_DEPLOY.search(one.workflow.name))
    asks = sum(
        bool(re.search(pattern, " ".join(one.workflow.inputs), re.I))
        for pattern in ("env|stage", "release|version|tag|ref|commit|sha")
    )
    does = bool(re.search(r"\baws\b|terraform|tofu|cdk deploy|configure-aws", one.text))
    return 2 * named + asks + 2 * by_tag + does


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
