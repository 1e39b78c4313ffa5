"""The pytest plugin: collects features, gives their steps a drill, writes the reports.

    pytest features/                      # drills the reference site
    pytest features/ -n 2 --sitedrill-out build/drills

Wiring only: drills work without pytest.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import SitedrillError
from harness.naming import drill_id, told
from harness.plugin.items import FeatureFile, example, id_of, is_drill, is_shipped
from harness.plugin.shared import NAME, Shared, shared_in

if TYPE_CHECKING:
    from harness.drill import Drill
    from harness.session import Session

_PLAN = pytest.StashKey[tuple[str, str, str]]()
_DRILL = pytest.StashKey["Drill"]()
_BEGUN = pytest.StashKey[float]()
_TAGS = (
    "seed: the seed drills, which `make drill` runs",
    "promises: what ADR-007 promises of an emergency workflow, one feature a promise",
    "long: more of what a shorter drill shows as well",
    "refusals: holds a site to rules of ours, such as the length of a reason (features.refusals)",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `sitedrill run`, for those who call pytest themselves."""
    group = parser.getgroup("sitedrill", "drills of an emergency workflow")
    add = group.addoption
    add("--sitedrill-site", default=None, help="the site's folder (default: the reference site)")
    add("--sitedrill-settings", default=None, help="the site's settings, when they lie elsewhere")
    add("--sitedrill-cloud", default="moto", help="which emulated AWS (default: moto)")
    add("--sitedrill-endpoint", default="", help="of a LocalStack that runs already")
    add("--sitedrill-runner", default="auto", help="how act runs (default: auto)")
    add("--sitedrill-no-sandbox", action="store_true", help="host runs: no sandbox around them")
    add("--sitedrill-actions", default="doubles", help="doubles or real (default: doubles)")
    add("--sitedrill-out", default="build/drills", help="where journals and reports go")
    add("--sitedrill-seed", type=int, default=1, help="makes up people and words (default: 1)")
    add("--sitedrill-timeout", type=float, default=300, help="seconds for one workflow run")
    add("--sitedrill-screenshots", default="off", help="auto, on or off (default: off)")
    add("--sitedrill-only", default=None, help="a file of ids: only these drills")
    add("--sitedrill-list", default=None, help="write the ids of the drills into this file")
    add("--sitedrill-session", default=None, help="a session's folder, made by whoever calls")


def pytest_configure(config: pytest.Config) -> None:
    """Make the steps known, and keep what the drills of this run share."""
    for tag in _TAGS:
        config.addinivalue_line("markers", tag)
    config.pluginmanager.import_plugin("steps.drill_steps")
    config.pluginmanager.register(Shared(config), NAME)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Features that were named on the command line, or lie in a folder that was."""
    if file_path.suffix != ".feature" or not _named(file_path, parent.config):
        return None
    feature: pytest.Collector = FeatureFile.from_parent(parent, path=file_path)
    return feature


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """Note which scenario runs: the drill is named after it."""
    example = request.getfixturevalue("_pytest_bdd_example")
    name = drill_id(Path(feature.filename).stem, scenario.name, example)
    request.node.stash[_PLAN] = (name, feature.name, scenario.name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let `-k` match what names a drill, as it is written in the feature; keep those of a shard."""
    for item in items:
        if is_drill(item):
            values = example(item)
            item.extra_keyword_matches.update(str(value) for value in values.values())
            item.extra_keyword_matches.add(".".join([item.path.stem, *told(values)]))
    chosen = config.getoption("--sitedrill-only")
    if chosen:
        names = set(Path(chosen).read_text(encoding="utf-8").split())
        others = [item for item in items if is_drill(item) and id_of(item) not in names]
        _leave_out(config, items, others)
    drills = [item for item in items if is_drill(item) and is_shipped(item)]
    if drills:
        unfit = shared_in(config).unfit(drills)
        _leave_out(config, items, unfit)


def _leave_out(config: pytest.Config, items: list[pytest.Item], others: list[pytest.Item]) -> None:
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def drill_session(request: pytest.FixtureRequest) -> Session:
    """What all drills of this run share, its workers' too; for tests that conduct drills themselves."""
    return shared_in(request.config).session


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Iterator[Drill]:
    """The drill of this scenario, closed at its end."""
    session = shared_in(request.config).session
    name, feature, scenario = request.node.stash[_PLAN]
    with (
        session.journal(name) as journal,
        session.drill(name, feature=feature, scenario=scenario, journal=journal) as drill,
    ):
        request.node.stash[_DRILL] = drill
        yield drill


def pytest_bdd_before_step(request: pytest.FixtureRequest) -> None:
    """Note when the step begins."""
    request.node.stash[_BEGUN] = time.monotonic()


def pytest_bdd_after_step(
    request: pytest.FixtureRequest, feature: Any, scenario: Any, step: Any
) -> None:
    """The journal tells the drill in the feature's own sentences, too."""
    _tell(request, feature, scenario, step, outcome="passed")


def pytest_bdd_step_error(
    request: pytest.FixtureRequest,
    feature: Any,
    scenario: Any,
    step: Any,
    exception: BaseException,
) -> None:
    """A step that breaks, other than by an unmet expectation, makes the verdict an error."""
    error = str(exception) or type(exception).__name__
    drill = request.node.stash.get(_DRILL, None)
    if drill is not None:
        drill.give_up(error)
    _tell(request, feature, scenario, step, outcome="failed", error=error)


def _tell(
    request: pytest.FixtureRequest, feature: Any, scenario: Any, step: Any, **result: str
) -> None:
    drill = request.node.stash.get(_DRILL, None)
    if drill is not None:
        drill.journal.write(
            "gherkin",
            file=_from_here(Path(feature.filename)),
            scenario_line=scenario.line_number,
            line=step.line_number,
            keyword=step.keyword,
            text=step.name,
            seconds=round(time.monotonic() - request.node.stash[_BEGUN], 3),
            **result,
        )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A drill that is stopped from outside says where."""
    try:
        return (yield)
    except (KeyboardInterrupt, pytest.exit.Exception) as stop:
        drill = item.stash.get(_DRILL, None)
        if drill is not None:
            drill.interrupted(type(stop).__name__)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """An unmet expectation is told in one line: a trace of our own code would help nobody."""
    report = yield
    if call.excinfo is not None and isinstance(call.excinfo.value, SitedrillError):
        report.longrepr = str(call.excinfo.value)
    return report


def _from_here(path: Path) -> str:
    """A feature's path as people name it; of one that is not below this folder, its name."""
    path, here = path.resolve(), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _named(path: Path, config: pytest.Config) -> bool:
    """Whether the command line names this file or a folder above it."""
    named = [Path(str(argument).partition("::")[0]) for argument in config.invocation_params.args]
    here = config.invocation_params.dir
    return any((here / name).resolve() in {path, *path.parents} for name in named if str(name))
