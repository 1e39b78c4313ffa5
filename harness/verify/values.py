"""Where the value of an input goes: through calls, environment variables, expressions, into scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.verify.expressions import inside
from harness.verify.source import Spot
from harness.verify.walking import Visit


def names_at(visit: Visit, name: str) -> set[str]:
    """What the input is called in the step's workflow: of a called one, the inputs made of it."""
    names = {f"inputs.{name.lower()}", f"github.event.inputs.{name.lower()}"}
    for call in visit.calls:
        given = call.spot.get("with").items()
        names = {f"inputs.{key.lower()}" for key, spot in given if refers(spot.text, names)}
    return names


def variables(visit: Visit, name: str) -> dict[str, Spot]:
    """The environment variables of the step that hold it, or something made of it."""
    names = names_at(visit, name)
    places = (visit.step.job.source.root, visit.job.spot, visit.step.spot)
    held = {key: spot for place in places for key, spot in place.get("env").items()}
    return {key: spot for key, spot in held.items() if refers(spot.text, names)}


def takes(visit: Visit, name: str, text: str) -> bool:
    """Whether a text that the step runs takes the value, from the environment or by an expression."""
    held = "|".join(map(re.escape, variables(visit, name)))
    if held and re.search(rf"(?<![\w-])(?:{held})(?![\w-])", text):
        return True
    names = names_at(visit, name)
    # As scripts read the event: context.payload.inputs.reason, jq .inputs.reason.
    own = "|".join({re.escape(one.rpartition(".")[2]) for one in names})
    if own and re.search(rf"(?i)\binputs(?:\.|\[['\"])(?:{own})(?![\w-])", text):
        return True
    return refers(text, {*names, *(f"env.{v.lower()}" for v in variables(visit, name))})


def handed_on(visit: Visit) -> Iterator[Spot]:
    """Values that go to others than scripts: environments, and what actions and workflows are given."""
    yield visit.job.environment
    yield from visit.step.spot.get("with").values()


def refers(text: str, names: set[str]) -> bool:
    """Whether an expression in the text refers to one of these."""
    return any(names & set(node.refs()) for _, node in inside(text))
