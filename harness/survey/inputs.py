"""What a workflow's inputs mean: our word for each of theirs, as far as their names tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.github.workflow import InputDeclaration

#: Our word, and how teams call the input; the first pattern that matches decides.
_EMERGENCY: Mapping[str, str] = {
    "immediate": r"immediate|^now$|skip_(tests|ci|pipeline)|^fast",
    "reason": r"reason|why|justif|incident_?(id|number|link)?$|ticket|message|comment",
    "method": r"method|strategy|rollback_(type|kind|mode|option)|deploy_option|scope|how|layers?$",
    "operation": r"operation|action|^(kind|mode|type|what|task|do)$",
    "environment": r"env|stage$|where",
    "target": r"commit|sha|target|^to$|ref$|version|release|tag",
}
_DEPLOY: Mapping[str, str] = {
    "environment": r"env|stage$|where",
    "commit": r"commit|sha",
    "release": r"release|version|tag|ref$|target",
}
_METHODS: Mapping[str, str] = {
    "infrastructure_only": r"infra|terraform|tofu|stack|distribution|cdn|settings",
    "content_only": r"content|assets|pages|files|html|static",
    "last_known_good": r"last|previous|known|good|prior|latest",
    "specific_commit": r"commit|sha|specific|version|tag|ref|release",
}
_OPERATIONS: Mapping[str, str] = {
    "rollback": r"roll|revert|restore|back|undo",
    "hotfix": r"fix|deploy|patch|forward",
}
#: Inputs that want a tag, not a commit.
_TAG = re.compile(r"version|release|tag", re.I)


@dataclass(frozen=True)
class Form:
    """The form of a workflow, in our words.

    Attributes:
        inputs: our word, their input.
        values: for each of our words that has any, our value and theirs.
        always: inputs that have to be filled in and that we have no word for, with a guess.
        by_tag: whether a release's tag is typed in where a commit could be.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    always: Mapping[str, str] = field(default_factory=dict)
    by_tag: bool = False


def emergency_form(inputs: Mapping[str, InputDeclaration]) -> Form:
    """What the inputs of an emergency workflow mean."""
    named = _named(inputs.values(), _EMERGENCY)
    values: dict[str, Mapping[str, str]] = {}
    for word, patterns in (("method", _METHODS), ("operation", _OPERATIONS)):
        options = inputs[named[word]].options if word in named else ()
        theirs = _named_values(options, patterns)
        if word in named and options and not theirs:
            del named[word]  # the name misled: none of its choices is one of ours
        elif options and (
            any(ours != their for ours, their in theirs.items()) or len(theirs) < len(patterns)
        ):
            values[word] = theirs
    if "method" not in named:
        _find_method(inputs, named, values)
    if "operation" not in named:
        values["operation"] = _by_method(inputs, named, values.get("method", {}))
    if "method" not in named:
        values["method"] = {"last_known_good": "last_known_good"}
        if "target" in named and inputs[named["target"]].required:
            values["method"] = {"specific_commit": "specific_commit"}
    return Form(
        named, values, _always(inputs, named), by_tag=bool(_TAG.search(named.get("target", "")))
    )


def deploy_form(inputs: Mapping[str, InputDeclaration]) -> Form:
    """What the inputs of a deployment mean."""
    named = _named(inputs.values(), _DEPLOY)
    return Form(named, {}, _always(inputs, named))


def _by_method(
    inputs: Mapping[str, InputDeclaration], named: dict[str, str], methods: Mapping[str, str]
) -> dict[str, str]:
    """Without an input for the operation only rollbacks are offered; or the method says which."""
    options = inputs[named["method"]].options if "method" in named else ()
    rest = [option for option in options if option not in methods.values()]
    fixes = [option for option in rest if re.search(_OPERATIONS["hotfix"], option, re.I)]
    if not fixes or not methods:
        return {"rollback": "rollback"}
    named["operation"] = named["method"]
    return {"rollback": next(iter(methods.values())), "hotfix": fixes[0]}


def _find_method(
    inputs: Mapping[str, InputDeclaration],
    named: dict[str, str],
    values: dict[str, Mapping[str, str]],
) -> None:
    """By its choices, where its name says nothing: the input that offers most of our methods."""
    offered = {
        name: _named_values(one.options, _METHODS)
        for name, one in inputs.items()
        if name not in named.values()
    }
    best = max(offered, key=lambda name: len(offered[name]), default="")
    if best and len(offered[best]) > 1:
        named["method"], values["method"] = best, offered[best]


def _named(declared: Iterable[InputDeclaration], patterns: Mapping[str, str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for one in declared:
        for word, pattern in patterns.items():
            fits = re.search(pattern, one.name.replace("-", "_"), re.I)
            if word not in named and (fits or (word == "environment" == one.type)):
                named[word] = one.name
                break
    return {word: named[word] for word in patterns if word in named}


def _named_values(options: Sequence[str], patterns: Mapping[str, str]) -> dict[str, str]:
    """Our value and theirs; one that is called as ours is ours."""
    found = {option: option for option in options if option in patterns}
    for option in options:
        for ours, pattern in patterns.items():
            free = option not in found.values() and ours not in found
            if free and re.search(pattern, option, re.I):
                found[ours] = option
    return {ours: found[ours] for ours in patterns if ours in found}


def _always(inputs: Mapping[str, InputDeclaration], named: Mapping[str, str]) -> dict[str, str]:
    guesses = {}
    for name, one in inputs.items():
        if one.required and one.default is None and name not in named.values():
            guesses[name] = "true" if one.type == "boolean" else next(iter(one.options), "yes")
    return guesses
