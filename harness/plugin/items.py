"""Drills as pytest's items: collected from features, named after their scenarios."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from harness.fitting import Wanted, wanted_of
from harness.naming import drill_id
from harness.resources import features_dir


class FeatureFile(pytest.Module):
    """A feature as a module that holds its scenarios."""

    def _getobj(self) -> ModuleType:
        module = ModuleType(re.sub(r"\W", "_", self.path.stem))
        module.__file__ = str(self.path)
        module.__dict__["feature"] = str(self.path)
        # pytest-bdd puts the scenarios into the module that calls it.
        code = "from pytest_bdd import scenarios\nscenarios(feature)\n"
        exec(compile(code, str(self.path), "exec"), module.__dict__)  # noqa: S102
        return module


def is_shipped(item: pytest.Item) -> bool:
    """Whether its feature is one of sitedrill's own."""
    return item.path.is_relative_to(features_dir())


def wanted(item: pytest.Item) -> Wanted:
    """What a drill asks of a site."""
    scenario = _scenario(item)
    tags = {*scenario.tags, *scenario.feature.tags}
    return wanted_of([step.name for step in scenario.steps], tags)


def example(item: pytest.Item) -> Mapping[str, str]:
    """The values of its row in an `Examples` table, by column; none without one."""
    calls = getattr(item, "callspec", None)
    found: Mapping[str, str] = calls.params.get("_pytest_bdd_example", {}) if calls else {}
    return found


def id_of(item: pytest.Item) -> str:
    """The id of the drill that this item will be."""
    return drill_id(item.path.stem, _scenario(item).name, example(item))


def _scenario(item: pytest.Item) -> Any:
    """The scenario with the values of this item in its places."""
    template = scenario_wrapper_template_registry[item.obj]  # type: ignore[attr-defined]
    return template.render(example(item))


def is_drill(item: pytest.Item) -> bool:
    """Whether it comes from a feature."""
    return isinstance(item.parent, FeatureFile)
