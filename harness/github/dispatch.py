"""Starting a workflow by hand: what GitHub accepts, what it refuses, and the event it makes of it.

https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from harness.errors import DispatchError
from harness.github.workflow import InputDeclaration, Workflow, short_name

#: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#providing-inputs
MOST_INPUTS = 25
MOST_CHARACTERS = 65_535
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")


def validate_inputs(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, str]:
    """Check a dispatch's inputs as GitHub does, and fill in the defaults.

    Args:
        workflow: the workflow at the dispatched ref.
        given: values as sent; everything is taken as text, booleans as `true` and `false`.

    Returns:
        Every declared input with the text the run will see.

    Raises:
        DispatchError: with GitHub's status (422) and wording; nothing has run.
    """
    if "workflow_dispatch" not in workflow.triggers:
        raise DispatchError("Workflow does not have 'workflow_dispatch' trigger")
    sent = {name: _text(value) for name, value in given.items()}
    unknown = [name for name in sent if name not in workflow.inputs]
    if unknown:
        raise DispatchError(
            f"Unexpected inputs provided: {json.dumps(unknown)}",
            hint=f"{short_name(workflow)} declares: {', '.join(workflow.inputs) or 'none'}",
        )
    if len(sent) > MOST_INPUTS:
        raise DispatchError(f"you may only define up to {MOST_INPUTS} `inputs`")
    if sum(len(value) for value in sent.values()) > MOST_CHARACTERS:
        raise DispatchError(f"inputs are too large, at most {MOST_CHARACTERS} characters")
    return {name: _value(declared, sent) for name, declared in workflow.inputs.items()}


def dispatch_event(
    workflow: Workflow,
    *,
    inputs: Mapping[str, str],
    ref: str,
    repository: str,
    default_branch: str,
    sender: str,
) -> dict[str, Any]:
    """The `workflow_dispatch` payload.

    `inputs` stays text here, as on GitHub: the `inputs` context turns booleans into real ones, and
    `github.event.inputs` does not.
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_dispatch
    """
    return {
        "inputs": dict(inputs),
        "ref": ref,
        "workflow": workflow.file,
        **common(repository=repository, default_branch=default_branch, sender=sender),
    }


def common(*, repository: str, default_branch: str, sender: str) -> dict[str, Any]:
    """What every event carries: the repository and who caused it."""
    owner, name = repository.split("/", 1)
    return {
        "repository": {
            "name": name,
            "full_name": repository,
            "default_branch": default_branch,
            "owner": {"login": owner, "type": "Organization"},
            "private": True,
        },
        "organization": {"login": owner},
        "sender": {"login": sender, "type": "User"},
    }


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _value(declared: InputDeclaration, sent: Mapping[str, str]) -> str:
    name = declared.name
    value = sent.get(name)
    if value is None:
        value = declared.default
    if declared.required and not value:
        raise DispatchError(f"Required input '{name}' not provided")
    if value is None:
        return "false" if declared.type == "boolean" else ""
    if declared.type == "choice" and value and value not in declared.options:
        raise DispatchError(
            f"Provided value '{value}' for input '{name}' not in the list of allowed values",
            hint="allowed: " + ", ".join(declared.options),
        )
    if declared.type == "boolean" and value not in {"true", "false"}:
        raise DispatchError(
            f"Provided value '{value}' for input '{name}' is not a boolean",
            hint="allowed: true, false",
        )
    if declared.type == "number" and value and not _NUMBER.fullmatch(value):
        raise DispatchError(f"Provided value '{value}' for input '{name}' is not a number")
    return value
