"""The pytest plugin: collects features, gives their steps a drill, writes the reports.

    pytest features/                      # drills the reference site
    pytest features/ -n 2 --sitedrill-out build/drills

Wiring only: drills work without pytest.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from pytest_bdd.scenario import scenario_wrapper_template_registry

from harness.errors import SitedrillError
from harness.fitting import Fitting, Wanted, site_incidents, wanted_of
from harness.naming import drill_id, told
from harness.resources import features_dir, reference_site
from harness.settings import load_settings

if TYPE_CHECKING:
    from harness.drill import Drill
    from harness.session import Options, Session

_NAME = "sitedrill-session"
#: In the folder of a session whose run has drills.
_DRILLS = "drills"
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
    config.pluginmanager.register(_Shared(config), _NAME)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Features that were named on the command line, or lie in a folder that was."""
    if file_path.suffix != ".feature" or not _named(file_path, parent.config):
        return None
    feature: pytest.Collector = FeatureFile.from_parent(parent, path=file_path)
    return feature


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


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """Note which scenario runs: the drill is named after it."""
    example = request.getfixturevalue("_pytest_bdd_example")
    name = drill_id(Path(feature.filename).stem, scenario.name, example)
    request.node.stash[_PLAN] = (name, feature.name, scenario.name)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let `-k` match what names a drill, as it is written in the feature; keep those of a shard."""
    for item in items:
        if _is_drill(item):
            example = _example(item)
            item.extra_keyword_matches.update(str(value) for value in example.values())
            item.extra_keyword_matches.add(".".join([item.path.stem, *told(example)]))
    chosen = config.getoption("--sitedrill-only")
    if chosen:
        names = set(Path(chosen).read_text(encoding="utf-8").split())
        others = [item for item in items if _is_drill(item) and _id(item) not in names]
        _leave_out(config, items, others)
    drills = [item for item in items if _is_drill(item) and _is_shipped(item)]
    if drills:
        unfit = _shared(config).unfit(drills)
        _leave_out(config, items, unfit)


def _leave_out(config: pytest.Config, items: list[pytest.Item], others: list[pytest.Item]) -> None:
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def _is_shipped(item: pytest.Item) -> bool:
    return item.path.is_relative_to(features_dir())


def _wanted(item: pytest.Item) -> Wanted:
    template = scenario_wrapper_template_registry[item.obj]  # type: ignore[attr-defined]
    scenario = template.render(_example(item))
    tags = {*scenario.tags, *scenario.feature.tags}
    return wanted_of([step.name for step in scenario.steps], tags)


def _example(item: pytest.Item) -> Mapping[str, str]:
    calls = getattr(item, "callspec", None)
    example: Mapping[str, str] = calls.params.get("_pytest_bdd_example", {}) if calls else {}
    return example


def _id(item: pytest.Item) -> str:
    """The id of the drill that this item will be."""
    scenario = scenario_wrapper_template_registry[item.obj]  # type: ignore[attr-defined]
    example = _example(item)
    return drill_id(item.path.stem, scenario.render(example).name, example)


def _is_drill(item: pytest.Item) -> bool:
    return isinstance(item.parent, FeatureFile)


@pytest.fixture(scope="session")
def drill_session(request: pytest.FixtureRequest) -> Session:
    """What all drills of this run share, its workers' too; for tests that conduct drills themselves."""
    return _shared(request.config).session


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Iterator[Drill]:
    """The drill of this scenario, closed at its end."""
    session = _shared(request.config).session
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


class _Shared:
    """What the drills of one pytest run share, made when the first of them begins."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session: Session | None = None
        self._directory: Path | None = None
        worker = getattr(config, "workerinput", None)
        self._joined = worker is not None or config.getoption("--sitedrill-session")
        self._owner = int(worker["sitedrill_owner"]) if worker else os.getpid()
        if worker:
            self._directory = Path(worker["sitedrill_directory"])
        elif given := config.getoption("--sitedrill-session"):
            self._directory = Path(given)
        self._is_worker = worker is not None

    @property
    def directory(self) -> Path:
        """The session's folder; made, and removed at the end, unless somebody else does."""
        from harness.session import new_directory  # noqa: PLC0415 - heavy, and seldom needed

        if self._directory is None:
            self._directory = new_directory()
        return self._directory

    @property
    def session(self) -> Session:
        """The session that this process's drills belong to."""
        if self._session is None:
            from harness.clock import SystemClock  # noqa: PLC0415
            from harness.session import Session  # noqa: PLC0415

            self._session = Session(
                self._options(),
                directory=self.directory,
                owner_pid=self._owner,
                clock=SystemClock(),
                say=print,
            )
        return self._session

    def unfit(self, drills: list[pytest.Item]) -> list[pytest.Item]:
        """The drills that do not fit the site; how many and why is left for whoever called."""
        options = self._options()
        site = (options.site or reference_site()).resolve()
        settings = load_settings(site, options.settings)
        fitting = Fitting(site, settings, site_incidents(site, settings))
        reasons = {item: fitting.why_not(_wanted(item)) for item in drills}
        unfit = [item for item, reason in reasons.items() if reason]
        if unfit and self._directory is not None and not self._is_worker:
            counted = Counter(reason for reason in reasons.values() if reason)
            said = ", ".join(f"{reason} ({count})" for reason, count in counted.most_common())
            (self._directory / "left-out").write_text(
                f"{len(unfit)} of the drills that ship do not fit this site: {said}\n"
            )
        return unfit

    def _options(self) -> Options:
        from harness.session import Options  # noqa: PLC0415

        option = self._config.getoption
        site, settings = option("--sitedrill-site"), option("--sitedrill-settings")
        return Options(
            site=Path(site) if site else None,
            settings=Path(settings) if settings else None,
            cloud=option("--sitedrill-cloud"),
            endpoint=option("--sitedrill-endpoint"),
            workers=self._workers(),
            runner=option("--sitedrill-runner"),
            sandbox=not option("--sitedrill-no-sandbox"),
            actions=option("--sitedrill-actions"),
            out=Path(option("--sitedrill-out")),
            seed=option("--sitedrill-seed"),
            run_timeout=option("--sitedrill-timeout"),
            screenshots=option("--sitedrill-screenshots"),
        )

    def _workers(self) -> int:
        worker = getattr(self._config, "workerinput", None)
        return int(worker["workercount"]) if worker else 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let an xdist worker join this process's session."""
        node.workerinput["sitedrill_directory"] = str(self.directory)
        node.workerinput["sitedrill_owner"] = self._owner

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how many drills there will be, for whoever shows the progress."""
        drills = [item for item in session.items if _is_drill(item)]
        if listed := self._config.getoption("--sitedrill-list"):
            Path(listed).write_text("".join(f"{_id(item)}\n" for item in drills), encoding="utf-8")
            return
        if drills and not self._config.option.collectonly and self._is_first():
            # The reports tell of this run only.
            for left in ("journals", "audit"):
                shutil.rmtree(self._options().out / left, ignore_errors=True)
        if self._directory is not None:
            scratch = self._directory / f"total.{os.getpid()}"
            scratch.write_text(str(len(drills)))
            scratch.rename(self._directory / "total")

    def _is_first(self) -> bool:
        """Whether this process is the first of the run that has drills, and nobody else reports them."""
        if self._config.getoption("--sitedrill-session"):
            return False
        try:
            (self.directory / _DRILLS).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def pytest_unconfigure(self) -> None:
        """The owner ends what is left, a worker what it has."""
        if self._session is not None:
            self._session.leave()
        if self._joined or self._directory is None:
            return
        from harness.clock import SystemClock  # noqa: PLC0415
        from harness.session import close_session  # noqa: PLC0415

        if self._session is not None:
            self._session.close()
        else:
            close_session(self._directory, SystemClock())

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The matrix, and where the reports are."""
        journals = Path(self._config.getoption("--sitedrill-out")) / "journals"
        drilled = self._directory is not None and (self._directory / _DRILLS).exists()
        if self._joined or not drilled or not journals.is_dir():
            return
        from rich.console import Console  # noqa: PLC0415

        from harness.reports import write_all  # noqa: PLC0415
        from harness.reports.console import matrix  # noqa: PLC0415

        results = write_all(journals.parent)
        if results.drills:
            terminalreporter.section("drills")
            Console(file=terminalreporter._tw._file).print(matrix(results, out_dir=journals.parent))


def _shared(config: pytest.Config) -> _Shared:
    found: _Shared = config.pluginmanager.getplugin(_NAME)
    return found


def _from_here(path: Path) -> str:
    """A feature's path as people name it; of one that is not below this folder, its name."""
    path, here = path.resolve(), Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def _named(path: Path, config: pytest.Config) -> bool:
    """Whether the command line names this file or a folder above it."""
    named = [Path(str(argument).partition("::")[0]) for argument in config.invocation_params.args]
    here = config.invocation_params.dir
    return any((here / name).resolve() in {path, *path.parents} for name in named if str(name))
