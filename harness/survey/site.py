"""A site's repository, looked at: what was found, and what could not be told."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from harness.errors import ProcessError, SitedrillError
from harness.github.git import git
from harness.github.source import is_repository
from harness.settings import TagPattern
from harness.survey.files import Text, texts
from harness.survey.found import Found
from harness.survey.inputs import Form, deploy_form, emergency_form
from harness.survey.places import places, region
from harness.survey.telling import tell
from harness.survey.workflows import (
    Candidate,
    actions_without_double,
    contexts,
    downloads,
    read_workflows,
    the_deployment,
    the_emergency,
)

_REMOTE = re.compile(
    r"^(?:[a-z+]+://|[\w.-]+@)[^/:]+(?::\d+)?[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$", re.I
)
_NUMBERED = re.compile(r"^(.*?)(\d+(?:\.\d+)*)$")
_UPLOAD = re.compile(
    r"aws s3 (?:sync|cp)\s+(?:--\S+\s+)*[\"']?(?:\./)?([\w][\w./-]*?)/?[\"']?\s+[\"']?s3://"
)
_RECORDS = re.compile(r"s3://[^\s\"'`]*?/((?:deploy\w*|record\w*|audit\w*|history)/)")
_STATE = re.compile(r"backend\s+\"s3\"\s*\{[^}]*?\bbucket\s*=\s*\"([a-z0-9.-]+)\"", re.S)
_CONTENT = ("src", "public", "site", "www", "pages", "static", "content", "html", "web", "docs")


def survey(root: Path) -> Found:
    """Look at the repository in this folder. Nothing is run but git, and nothing is changed.

    Raises:
        SitedrillError: there is no such folder.
    """
    if not root.is_dir():
        raise SitedrillError(f"{root} is not a folder", hint="name the folder of a site")
    files = texts(root)
    code = [file for file in files if not file.path.endswith((".md", ".html", ".txt"))]
    candidates, broken = read_workflows(files)
    told: list[str] = []
    unknown = [f"a workflow that cannot be read: {problem}" for problem in broken]

    emergency = _chosen("emergency workflow", the_emergency(candidates), told, unknown)
    rest = [one for one in candidates if one is not emergency]
    deploy = _chosen("deployment workflow", the_deployment(rest), told, unknown)
    form = emergency_form(emergency.workflow.inputs) if emergency else Form()
    names = _environment_names(candidates, emergency, deploy, form, files)
    if not names:
        unknown.append("which environments there are: no input and no `environment:` names one")
    tags, releases = _tags(root, deploy)
    content, build, output = _content(root, code)
    cloudfront = any("cloudfront" in file.text.lower() for file in code)
    everything = "\n".join(file.text for file in code)
    variables, secrets = contexts(candidates)
    pages = output or content
    by_push = bool(deploy and "workflow_dispatch" not in deploy.workflow.triggers)
    records = _RECORDS.search(everything)
    state = _STATE.search(everything)
    found = Found(
        name=root.resolve().name,
        repository=_repository(root),
        content=content,
        build=build,
        output=output,
        error_page=_error_page(root, pages),
        watch=_watch(root, pages),
        tags=tags,
        releases=releases,
        infrastructure=_infrastructure(root, files, everything),
        state=state[1] if state else "",
        cloudfront=cloudfront,
        region=region(code),
        places=tuple(places(names or ["prod"], code)),
        emergency=emergency.file if emergency else "",
        emergency_form=form,
        deploy=deploy.file if deploy else "",
        deploy_form=deploy_form(deploy.workflow.inputs) if deploy and not by_push else Form(),
        deployed_by_push=by_push,
        variables=tuple(variables),
        secrets=tuple(secrets),
        owners=_owners(root),
        audit=_audit(everything),
        audit_tags_known="v0.0.0-" in everything,
        records=records[1] if records else "",
        actions=tuple(actions_without_double(files)),
        downloads=tuple(downloads(code)),
        told=told,
        unknown=unknown,
    )
    tell(found, is_repository=is_repository(root), has_index=_has_index(root, content))
    return found


def _chosen(
    what: str, ranked: Sequence[Candidate], told: list[str], unknown: list[str]
) -> Candidate | None:
    if not ranked:
        unknown.append(f"which workflow is the {what}: none in .github/workflows looks like it")
        return None
    others = [one.file for one in ranked[1:]]
    told.append(f"{what}: {ranked[0].file}" + (f" (not {', '.join(others)})" if others else ""))
    return ranked[0]


def _environment_names(
    candidates: Sequence[Candidate],
    emergency: Candidate | None,
    deploy: Candidate | None,
    form: Form,
    files: Iterable[Text],
) -> list[str]:
    """By the choices of an input, else by what jobs name, else by the files of `environments/`."""
    for one, known in ((emergency, form), (deploy, None)):
        if one is not None:
            mine = known or deploy_form(one.workflow.inputs)
            declared = one.workflow.inputs.get(mine.inputs.get("environment", ""))
            if declared is not None and declared.options:
                return list(declared.options)
    named = dict.fromkeys(name for one in candidates for name in one.environments)
    if named:
        return list(named)
    folder = re.compile(r"(?:^|/)(?:environments|envs?)/([\w-]+)(?:\.\w+$|/)")
    return list(dict.fromkeys(m[1] for file in files if (m := folder.search(file.path))))


def _repository(root: Path) -> str:
    if not is_repository(root):
        return ""
    try:
        match = _REMOTE.match(git(root, "config", "--get", "remote.origin.url"))
    except ProcessError:
        return ""
    return match[1] if match else ""


def _tags(root: Path, deploy: Candidate | None) -> tuple[str, int]:
    """How releases are tagged, by the tags there are, else by what starts the deployment."""
    try:
        tags = git(root, "tag", "--list").splitlines() if is_repository(root) else []
    except ProcessError:
        tags = []
    prefixes = Counter(match[1] for tag in tags if (match := _NUMBERED.match(tag)))
    globs = [f"{prefix}*" for prefix, _ in prefixes.most_common()]
    push = deploy.workflow.push if deploy else None
    globs += list(push.tags or ()) if push else []
    for glob in globs:
        try:
            pattern = TagPattern(glob)
        except ValueError:
            continue
        return glob, len(pattern.releases(tags))
    return "v*", 0


def _content(root: Path, files: Sequence[Text]) -> tuple[str, tuple[str, ...], str]:
    """The content, how it is built and where to; empty where that could not be told."""
    uploaded = [name for file in files for name in _UPLOAD.findall(file.text)]
    here = next((name for name in uploaded if (root / name).is_dir()), "")
    build = _build(root)
    if build and not (here and (root / here / "index.html").is_file()):
        made = next((name for name in uploaded if not (root / name).is_dir()), here)
        source = next((name for name in _CONTENT if (root / name).is_dir()), ".")
        return source, build, made
    if here:
        return here, (), ""
    homes = ("index.html", "index.md")
    likely = [name for h in homes for name in _CONTENT if (root / name / h).is_file()]
    if likely:
        return likely[0], (), ""
    folders = [path.parent for path in root.glob("*/index.html")]
    if folders:
        return min(folders).name, (), ""
    return ("." if (root / "index.html").is_file() else ""), (), ""


def _build(root: Path) -> tuple[str, ...]:
    try:
        package = json.loads((root / "package.json").read_text(encoding="utf-8"))
        scripts = package.get("scripts", {}) if isinstance(package, dict) else {}
    except (OSError, ValueError):
        return ()
    if not isinstance(scripts, dict) or "build" not in scripts:
        return ()
    wants = any(package.get(key) for key in ("dependencies", "devDependencies"))
    install = "npm ci" if (root / "package-lock.json").is_file() else "npm install"
    return (install, "npm run build") if wants else ("npm run build",)


def _has_index(root: Path, content: str) -> bool:
    return (root / content / "index.html").is_file()


def _error_page(root: Path, pages: str) -> str:
    names = ("404.html", "error.html", "404/index.html")
    return next((name for name in names if (root / pages / name).is_file()), "")


def _watch(root: Path, pages: str) -> tuple[str, ...]:
    folder = root / (pages or ".")
    styles = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.css"))
    plain = [name for name in styles if re.fullmatch(r"[\w./-]+", name)]
    return ("/", *(f"/{name}" for name in plain[:1]))


def _infrastructure(root: Path, files: Sequence[Text], code: str) -> str:
    suffixes = {PurePosixPath(file.path).suffix for file in files}
    if ".tf" in suffixes:
        return "Terraform or OpenTofu"
    if (root / "cdk.json").is_file():
        return "CDK"
    if "AWSTemplateFormatVersion" in code:
        return "CloudFormation"
    return "the AWS CLI" if re.search(r"\baws\b.{0,20}\b(cloudfront|s3api|s3)\b", code) else ""


def _owners(root: Path) -> str:
    # https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
    names = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
    return next((name for name in names if (root / name).is_file()), "")


def _audit(code: str) -> tuple[str, ...]:
    tag = re.search(
        r"\btag (?:-[ams]\b|--annotate|--message|--sign)|createRef|create_ref|git/refs|gh release create",
        code,
    )
    summary = re.search(r"GITHUB_STEP_SUMMARY|core\.summary", code)
    there: Mapping[str, object] = {"tag": tag, "log": True, "summary": summary, "aws": True}
    return tuple(place for place, found in there.items() if found)
