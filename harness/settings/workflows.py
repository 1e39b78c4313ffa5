"""The workflows under drill, and what their inputs are called.

[workflows]
deploy = "run.yml"

[workflows.emergency]
file = "emergency.yml"

[workflows.emergency.inputs]
operation = "action"
method = "deploy_option"
target = "commit_sha"
reason = "why"

[workflows.emergency.values.method]
last_known_good = "previous"
specific_commit = "commit"

[workflows.emergency.always]
confirm = "yes"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from harness.settings.strict import Scalar, Strict

OPERATIONS = ("hotfix", "rollback")
METHODS = ("last_known_good", "specific_commit", "infrastructure_only", "content_only")

WorkflowFile = Annotated[str, Field(pattern=r"^[^/\s]+\.ya?ml$")]
InputName = Annotated[str, Field(min_length=1)]


class DeployInputs(Strict):
    """What the deployment's inputs are called; without a name they have none."""

    environment: InputName | None = None
    release: InputName | None = None
    commit: InputName | None = None


class DeployValues(Strict):
    """Our value = theirs."""

    environment: Mapping[str, Scalar] = {}


class DeployWorkflow(Strict):
    """How a release is deployed by the site's own pipeline.

    `on` is "dispatch" (by hand) or "push" (the tag's push starts it); `ref` is what it is dispatched
    on: the release's tag or the default branch.
    """

    file: WorkflowFile = "run.yml"
    on: Literal["dispatch", "push"] = "dispatch"
    ref: Literal["tag", "branch"] = "tag"
    inputs: DeployInputs = DeployInputs(environment="environment", release="release")
    values: DeployValues = DeployValues()
    always: Mapping[str, Scalar] = {}

    @model_validator(mode="after")
    def _push_has_no_inputs(self) -> DeployWorkflow:
        if self.on == "push" and {"inputs", "always", "values", "ref"} & self.model_fields_set:
            raise ValueError('neither inputs, values, always nor ref with on = "push"')
        return self

    def inputs_for(
        self, *, environment: str, release: str, commit: str, github: str = ""
    ) -> dict[str, Scalar]:
        """The form as it is filled in to deploy a release.

        `github` is what GitHub calls the environment; it is given where no other value is named.
        """
        values = {
            "environment": self.values.environment.get(environment, github or environment),
            "release": release,
            "commit": commit,
        }
        names = self.inputs.model_dump()
        return {**self.always, **{names[word]: v for word, v in values.items() if names[word]}}


class EmergencyInputs(Strict):
    """What the emergency's inputs are called; without a name they have none."""

    operation: InputName | None = None
    method: InputName | None = None
    environment: InputName | None = None
    reason: InputName | None = None
    target: InputName | None = None
    immediate: InputName | None = None


class EmergencyValues(Strict):
    """Our value = theirs; a method or an operation that is not named is not offered."""

    operation: Annotated[Mapping[Literal["hotfix", "rollback"], Scalar] | None, Field()] = None
    method: (
        Mapping[
            Literal["last_known_good", "specific_commit", "infrastructure_only", "content_only"],
            Scalar,
        ]
        | None
    ) = None
    environment: Mapping[str, Scalar] = {}
    immediate: Mapping[Literal["true", "false"], Scalar] = {}


class EmergencyWorkflow(Strict):
    """The workflow under drill. `target` says whether a commit or a release's tag is typed in."""

    file: WorkflowFile = "emergency.yml"
    target: Literal["commit", "tag"] = "commit"
    inputs: EmergencyInputs = EmergencyInputs(
        operation="operation",
        method="rollback_method",
        environment="environment",
        reason="reason",
        target="target_commit",
        immediate="immediate_deploy",
    )
    values: EmergencyValues = EmergencyValues()
    always: Mapping[str, Scalar] = {}

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations it offers."""
        if self.values.operation is None:
            return OPERATIONS
        return tuple(name for name in OPERATIONS if name in self.values.operation)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods it offers."""
        if "rollback" not in self.operations:
            return ()
        if self.values.method is None:
            return METHODS
        return tuple(name for name in METHODS if name in self.values.method)

    def offers(self, response: str) -> bool:
        """Whether a method, or `hotfix`, can be asked for."""
        return response in self.methods or (response == "hotfix" and "hotfix" in self.operations)

    def theirs(self, words: Mapping[str, Any]) -> dict[str, Scalar]:
        """Of what is said, all that they have an input for, in their words.

        Args:
            words: operation, method, environment, reason, target, immediate: those that are said.
        """
        names = self.inputs.model_dump()
        said = {w: self._their_word(w, words[w]) for w in names if w in words and names[w]}
        if names["operation"] == names["method"] and "method" in said:
            # One input for both: the method's value says the operation, too.
            said.pop("operation", None)
        return said

    def inputs_for(self, words: Mapping[str, Any]) -> dict[str, Scalar]:
        """The form as it is filled in; where two words share an input, the method counts more."""
        names = self.inputs.model_dump()
        return {**self.always, **{names[w]: value for w, value in self.theirs(words).items()}}

    def _their_word(self, word: str, value: Scalar) -> Scalar:
        table: Mapping[str, Scalar] | None = getattr(self.values, word, None)
        ours = str(value).lower() if isinstance(value, bool) else str(value)
        return (table or {}).get(ours, value)


def _by_name(value: Any) -> Any:
    return {"file": value} if isinstance(value, str) else value


class WorkflowsSection(Strict):
    """The workflow files, by what they are for; a name alone will do."""

    deploy: Annotated[
        DeployWorkflow,
        BeforeValidator(_by_name, json_schema_input_type=DeployWorkflow | WorkflowFile),
    ] = DeployWorkflow()
    emergency: Annotated[
        EmergencyWorkflow,
        BeforeValidator(_by_name, json_schema_input_type=EmergencyWorkflow | WorkflowFile),
    ] = EmergencyWorkflow()
