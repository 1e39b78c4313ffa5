"""What the drills of one pytest run share, its workers' too: the session, its folder, the reports."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.fitting import Fitting, site_incidents
from harness.plugin.items import id_of, is_drill, wanted
from harness.resources import reference_site
from harness.settings import load_settings

if TYPE_CHECKING:
    from harness.session import Options, Session

NAME = "sitedrill-session"
#: In the folder of a session whose run has drills.
_DRILLS = "drills"


class Shared:
    """What the drills of one pytest run share, made when the first of them begins."""

    def __init__(self, config: pytest.Config) -> None:
        """Nothing is made yet; a worker joins what its owner has."""
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
        reasons = {item: fitting.why_not(wanted(item)) for item in drills}
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
        drills = [item for item in session.items if is_drill(item)]
        if listed := self._config.getoption("--sitedrill-list"):
            Path(listed).write_text(
                "".join(f"{id_of(item)}\n" for item in drills), encoding="utf-8"
            )
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


def shared_in(config: pytest.Config) -> Shared:
    """That of this run."""
    found: Shared = config.pluginmanager.getplugin(NAME)
    return found
