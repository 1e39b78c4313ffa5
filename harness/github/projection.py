"""One job of a workflow, written so that act runs that job and nothing else.

GitHub hands a runner one job, with what the jobs before it said already decided. act takes whole
workflow files, so it gets a copy in which

    - of the other jobs only those that this one needs are left, and do nothing but have had their
      result and their outputs;
    - the matrix is the one leg;
    - `if` is true: whether the job runs was decided before;
    - one more job prints this one's outputs, for the jobs after it;
    - a variable of `env` whose value looks like an expression is written so that it stays that value.

Everything else stands there as the site has it, expressions included. The site's own file is read and
never changed; the copy lies beside the workspace.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from harness.errors import SitedrillError

#: Jobs of the copy that are no jobs of the site's are told by these beginnings of their names.
TEACHER = "sitedrill-outputs"
#: The folder of the workflow that another calls.
CALLED = "called"
#: The label of what only pretends to have run; never a container.
STUB_LABEL = "sitedrill-stub"
#: Does nothing, and ends in success or failure.
_ENDS = {"success": "true {0}", "failure": "false {0}", "cancelled": "false {0}"}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True)
class Need:
    """How a job that another needs has ended, and what it said."""

    result: str
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """How the job's workflow was called.

    `name`, `file` and `text` are the calling workflow's, `job` is the job that calls, `arguments` what it
    gives.
    """

    name: str
    file: str
    text: str
    job: str
    arguments: Mapping[str, Any]


def project(
    text: str,
    *,
    file: str,
    name: str,
    job: str,
    needs: Mapping[str, Need],
    leg: Mapping[str, Any] | None = None,
    call: Call | None = None,
    folder: str = "",
    evaluate: Callable[[str], str] = str,
) -> dict[str, str]:
    """The files that act is given, by name; the first is the one it is started with.

    Args:
        text: the workflow's file as the site has it.
        file: what it is called.
        name: the workflow's name, which is its path when the file gives it none.
        job: the id of the job.
        needs: what the job needs, by id.
        leg: the job's values of its matrix.
        call: for a job of a called workflow; the first of the files calls the second.
        folder: where the files will lie, as seen from the workspace.
        evaluate: works out the expressions in a text, or raises a SitedrillError.
    """
    root = _composed(text)
    jobs = _get(root, "jobs")
    chosen = _copy(_get(jobs, job))
    _set(chosen, "if", _scalar("${{ always() }}"))
    if leg is not None:
        strategy = _copy(_get(chosen, "strategy"))
        _set(strategy, "matrix", _node({"include": [dict(leg)]}))
        _set(chosen, "strategy", strategy)
    kept = _mapping({need: _node(_stub(how)) for need, how in needs.items()})
    kept.value.append((_scalar(job), chosen))
    if _has(chosen, "outputs") or _has(chosen, "uses"):
        kept.value.append((_scalar(TEACHER), _node(_teacher(job))))
    whole = _copy(root)
    _set(whole, "name", _scalar(name, style='"'))
    _set(whole, "jobs", kept)
    kept_texts: dict[str, str] = {}
    for holder in (whole, chosen):
        kept_texts |= _keep_texts(holder, evaluate, besides=_texts(chosen, "outputs"))
    if kept_texts and _has(chosen, "steps"):
        steps = _get(chosen, "steps")
        told = [_step_told(step, kept_texts) for step in steps.value]
        _set(chosen, "steps", yaml.SequenceNode(steps.tag, told))
    for decided in ("run-name", "concurrency"):
        _drop(whole, decided)
    if call is None:
        return {file: _text(whole)}
    inner = f"{CALLED}/{file}"
    return {call.file: _text(_caller(call, f"{folder}/{inner}")), inner: _text(whole)}


def _keep_texts(
    holder: yaml.Node, evaluate: Callable[[str], str], *, besides: str
) -> dict[str, str]:
    """Quote what comes out of `env` and looks like an expression: a reason that names `${{ secrets.X }}`.

    GitHub works an `env` of a workflow or a job out once, act a second time for each step (`setupEnv`
    in its pkg/runner/step.go), so that what somebody typed into a form would be evaluated. Written twice
    over, it is the text that was typed where steps see it. A job's outputs see it after one time: what
    they name stays as it is.

    Args:
        holder: the workflow or the job; its `env` is replaced.
        evaluate: works out the expressions in a text.
        besides: the job's outputs.

    Returns:
        What was quoted, by name.
    """
    kept: dict[str, str] = {}
    if not _has(holder, "env") or not isinstance(_get(holder, "env"), yaml.MappingNode):
        return kept
    env = _copy(_get(holder, "env"))
    for name, value in list(env.value):
        if not isinstance(value, yaml.ScalarNode) or "${{" not in value.value:
            continue
        if _reference(name.value).search(besides):
            continue
        try:
            said = evaluate(value.value)
        except SitedrillError:
            continue
        if "${{" in said:
            _set(env, name.value, _scalar(_literal(_literal(said)), style='"'))
            kept[name.value] = said
    _set(holder, "env", env)
    return kept


def _step_told(step: yaml.Node, kept: Mapping[str, str]) -> yaml.Node:
    """A step whose own `env` names quoted variables gets what they hold: there act sees the quotes."""
    if not _has(step, "env") or not isinstance(_get(step, "env"), yaml.MappingNode):
        return step
    env = _copy(_get(step, "env"))
    for own, value in list(env.value):
        text = str(value.value)
        if not isinstance(value, yaml.ScalarNode) or "${{" not in text:
            continue
        for name, said in kept.items():
            quoted = _literal(said).removeprefix("${{ ").removesuffix(" }}")
            text = _reference(name).sub(lambda _, quoted=quoted: quoted, text)  # type: ignore[misc]
        _set(env, own.value, _scalar(text, style='"'))
    step = _copy(step)
    _set(step, "env", env)
    return step


def _reference(name: str) -> re.Pattern[str]:
    """`env.NAME` or `env['NAME']` in an expression."""
    name = re.escape(name)
    return re.compile(rf"\benv\.{name}(?![\w-])|\benv\['{name}'\]", re.IGNORECASE)


def _texts(node: yaml.Node, key: str) -> str:
    return yaml.serialize(_get(node, key), Dumper=_Dumper) if _has(node, key) else ""


def _caller(call: Call, path: str) -> yaml.Node:
    """A workflow that does nothing but call the other, with every argument worked out."""
    root = _copy(_composed(call.text))
    arguments = {key: _literal(value) for key, value in call.arguments.items()}
    job: dict[str, Any] = {"uses": f"./{path}", "secrets": "inherit"}
    if arguments:
        job["with"] = arguments
    _set(root, "name", _scalar(call.name, style='"'))
    _set(root, "jobs", _mapping({call.job: _node(job)}))
    for decided in ("run-name", "concurrency", "env", "defaults"):
        _drop(root, decided)
    return root


def _stub(need: Need) -> dict[str, Any]:
    job: dict[str, Any] = {
        "runs-on": STUB_LABEL,
        "if": "${{ always() }}",
        "steps": [{"shell": _ENDS.get(need.result, "true {0}"), "run": ":"}],
    }
    if need.result == "skipped":
        job["if"] = "${{ false }}"
    elif need.outputs:
        job["outputs"] = {name: _literal(value) for name, value in need.outputs.items()}
    return job


def _teacher(job: str) -> dict[str, Any]:
    """Its one step has the outputs for a name."""
    return {
        "needs": job,
        "if": "${{ always() }}",
        "runs-on": STUB_LABEL,
        "steps": [
            {"name": f"${{{{ toJSON(needs.{job}.outputs) }}}}", "shell": "true {0}", "run": ":"}
        ],
    }


def _literal(value: Any) -> Any:
    """A value that act must take as it is, although it evaluates what looks like an expression."""
    if isinstance(value, str) and "${{" in value:
        quoted = (
            json.dumps(value).replace("'", "''").replace("{", "\\u007b").replace("}", "\\u007d")
        )
        return f"${{{{ fromJSON('{quoted}') }}}}"
    return value


def _node(value: Any) -> yaml.Node:
    """What JSON can say, as YAML that says the same to everybody."""
    return _composed(json.dumps(value))


def _composed(text: str) -> yaml.Node:
    node = yaml.compose(text, Loader=_Loader)
    if node is None:
        raise ValueError("the file is empty")
    return node


def _scalar(text: str, style: str | None = None) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", str(text), style=style)


def _mapping(items: Mapping[str, yaml.Node]) -> yaml.MappingNode:
    return yaml.MappingNode(
        "tag:yaml.org,2002:map", [(_scalar(name), node) for name, node in items.items()]
    )


def _copy(node: yaml.Node) -> yaml.Node:
    """A mapping of its own with the same members."""
    return yaml.MappingNode(node.tag, list(node.value))


def _get(node: yaml.Node, key: str) -> yaml.Node:
    for name, value in node.value:
        if name.value == key:
            found: yaml.Node = value
            return found
    raise KeyError(key)


def _has(node: yaml.Node, key: str) -> bool:
    return any(name.value == key for name, _ in node.value)


def _set(node: yaml.Node, key: str, value: yaml.Node) -> None:
    for place, (name, _) in enumerate(node.value):
        if name.value == key:
            node.value[place] = (name, value)
            return
    node.value.append((_scalar(key), value))


def _drop(node: yaml.Node, key: str) -> None:
    node.value = [(name, value) for name, value in node.value if name.value != key]


def _text(node: yaml.Node) -> str:
    text: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=1 << 20)
    return text
