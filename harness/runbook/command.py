"""The command that asks for a response, with the site's own workflow, inputs and values."""

from __future__ import annotations

import shlex

from harness.settings import EmergencyWorkflow

#: What stands for a word until the command is built; NUL can be in no value of a command line.
_REASON, _TARGET = "\0reason", "\0target"
#: What a person has to fill in. The shell runs nothing while one of these is unset or empty:
#: https://www.gnu.org/software/bash/manual/html_node/Shell-Parameter-Expansion.html
_BLANKS = {
    _REASON: '"${REASON:?say why}"',
    _TARGET: '"${TARGET:?say where to}"',
}
_BRANCH = '"${BRANCH:?name the branch that has the fix}"'


def command_for(
    form: EmergencyWorkflow,
    *,
    operation: str,
    method: str | None,
    environment: str,
    target: bool,
    immediate: bool | None,
) -> str:
    """A `gh workflow run` for a shell, one input a line; blanks are REASON, TARGET and BRANCH.

    https://cli.github.com/manual/gh_workflow_run: `-f` takes a value as it is, where `-F` would read a
    file for one that begins with `@`.

    Args:
        form: the site's emergency workflow.
        operation: `hotfix` or `rollback`.
        method: of a rollback, else None.
        environment: as the site's form calls it.
        target: whether the target is typed in.
        immediate: of a hotfix: deployed at once, or by the standard pipeline.
    """
    words: dict[str, str | bool] = {"operation": operation, "environment": environment}
    if method is not None:
        words["method"] = method
    if target:
        words["target"] = _TARGET
    if immediate is not None:
        words["immediate"] = immediate
    words["reason"] = _REASON
    inputs = form.inputs_for(words)
    ref = f" --ref {_BRANCH}" if operation == "hotfix" else ""
    lines = [f"gh workflow run {quote(form.file)}{ref}"]
    for name, value in inputs.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(
            f"-f {quote(name + '=')}{_BLANKS[text]}"
            if text in _BLANKS
            else f"-f {quote(f'{name}={text}')}"
        )
    return " \\\n  ".join(lines)


def quote(text: str) -> str:
    """The text as one word of a command line, on one line whatever it holds.

    What cannot be printed is written as bash reads it within `$'...'`:
    https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
    """
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_escaped(character) for character in text) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
