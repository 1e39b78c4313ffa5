"""The `sitedrill` command.

Exit codes: 0 every drill met its expectation, 1 at least one did not, 2 a usage or configuration error.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from harness.clock import SystemClock
from harness.cloud.clouds import CLOUDS
from harness.errors import SitedrillError
from harness.journal import Journal
from harness.polling import poll
from harness.reports import write_all
from harness.reports.console import matrix
from harness.reports.progress import follow
from harness.resources import features_dir
from harness.runner.tools import cache_directory, ensure_act, find_tools
from harness.session import RUNNERS, Options, Session, close_session, new_directory

MET, UNMET, MISUSED = 0, 1, 2
#: What a shell answers for a program ended by Ctrl-C.
INTERRUPTED = 130
#: pytest's exit codes: https://docs.pytest.org/en/stable/reference/exit-codes.html
_PYTEST_FAILED, _PYTEST_INTERRUPTED, _PYTEST_NO_TESTS = 1, 2, 5
_STOPS_WITHIN = 30.0

app = typer.Typer(
    help="Drills a static site's emergency workflow against an emulated AWS, and says with evidence "
    "whether the site recovered and whether the audit trail is complete.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Site = Annotated[
    Path | None, typer.Option(help="Folder of the site to drill; the reference site by default.")
]
Cloud = Annotated[str, typer.Option(help=f"Which emulated AWS: {', '.join(CLOUDS)}.")]
Runner = Annotated[str, typer.Option(help=f"How act runs: {', '.join(RUNNERS)}.")]


@app.command()
def run(
    features: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Features, or folders of them; those that ship with sitedrill by default."
        ),
    ] = None,
    site: Site = None,
    cloud: Cloud = "moto",
    runner: Runner = "host",
    expression: Annotated[
        str, typer.Option("-k", help="Only drills whose name matches, as pytest's -k.")
    ] = "",
    tags: Annotated[
        str, typer.Option("-m", help="Only drills with these tags, as pytest's -m: seed.")
    ] = "",
    workers: Annotated[int, typer.Option("-n", min=1, help="How many drills at once.")] = 1,
    out: Annotated[Path, typer.Option(help="Where journals and reports go.")] = Path(
        "build/drills"
    ),
    seed: Annotated[int, typer.Option(help="Makes up people and words.")] = 1,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one workflow run.")] = 300,
) -> None:
    """Run drills, show what happens, and write the reports."""
    console = Console()
    paths = features or [features_dir()]
    for path in paths:
        if not path.exists():
            raise SitedrillError(f"{path} is not there", hint="name a .feature file or a folder")
    options = Options(
        site=site, cloud=cloud, runner=runner, out=out, seed=seed, run_timeout=timeout
    )
    with _session_directory() as directory:
        # Every mistake in the options is told here, before anything runs.
        Session(
            options,
            directory=directory,
            owner_pid=os.getpid(),
            clock=SystemClock(),
            say=console.print,
        )
        shutil.rmtree(out / "journals", ignore_errors=True)
        out.mkdir(parents=True, exist_ok=True)
        command = _pytest(paths, options, directory, expression, tags, workers)
        code = _follow_pytest(command, out, directory, console)
    if code == _PYTEST_NO_TESTS:
        raise SitedrillError("no drill matches", hint="look at FEATURE, -k and -m")
    results = write_all(out)
    if code not in {0, _PYTEST_FAILED, _PYTEST_INTERRUPTED, INTERRUPTED} or not results.drills:
        raise SitedrillError(
            f"the drills could not be run: {_last_lines(out / 'pytest.log')}",
            hint=f"all of it: {out / 'pytest.log'}",
        )
    console.print(matrix(results, out_dir=out))
    if code in {_PYTEST_INTERRUPTED, INTERRUPTED}:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(MET if results.summary.all_met and code == 0 else UNMET)


@app.command()
def doctor() -> None:
    """Say which tools drills need, where each was found, and how to get the others."""
    table = Table("tool", "version", "where", "how to get it", title="What drills need")
    tools = find_tools(cache_directory())
    for tool in tools:
        where = str(tool.path) if tool.path else "not found"
        note = "" if tool.ready else tool.how_to_get
        table.add_row(tool.name, tool.version or "-", tool.problem or where, note)
    Console().print(table)
    if not all(tool.ready for tool in tools):
        raise typer.Exit(UNMET)


@app.command()
def tools() -> None:
    """Make the tools that can be made (act), so that the first drill need not."""
    console = Console()
    console.print(f"act: {ensure_act(cache_directory(), say=console.print)}", soft_wrap=True)


@app.command()
def up(
    environment: Annotated[str, typer.Argument(help="Which environment has the site live.")] = (
        "staging"
    ),
    site: Site = None,
    cloud: Cloud = "moto",
    runner: Runner = "host",
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON.")] = False,
) -> None:
    """Stand a world up with the site live, and keep it until interrupted."""
    console = Console(stderr=True)
    options = Options(site=site, cloud=cloud, runner=runner)
    try:
        with _interrupts_on_signal(), _session_directory() as directory:
            _stand_up(options, environment, directory, console, as_json=as_json)
    except KeyboardInterrupt:
        console.print("ended, nothing is left")


def _stand_up(
    options: Options, environment: str, directory: Path, console: Console, *, as_json: bool
) -> None:
    """Returns only by an exception: the user's interrupt, or what went wrong."""
    clock = SystemClock()
    session = Session(
        options, directory=directory, owner_pid=os.getpid(), clock=clock, say=console.print
    )
    if environment not in session.baselines.settings.environments:
        known = ", ".join(session.baselines.settings.environments)
        raise SitedrillError(f"no environment {environment!r}", hint=f"the site has {known}")
    console.print(f"deploying the site's releases to {environment}, about half a minute ...")
    baseline = session.baselines.get(environment)
    with (
        Journal(directory / "up.jsonl", clock=clock) as journal,
        session.baselines.clone(
            baseline, directory=directory / "up", journal=journal, new_id=lambda: 1
        ) as world,
    ):
        addresses = {
            "aws_endpoint": world.endpoint,
            "edge": world.environment(environment).url,
            "origin": world.origin.url,
            "github_api": f"{world.api_url}/api/v3",
            "environment": environment,
            "release": baseline.live.tag,
        }
        if as_json:
            print(json.dumps(addresses), flush=True)
        else:
            for name, value in addresses.items():
                Console().print(f"{name:14} {value}", soft_wrap=True)
            console.print("Ctrl-C ends it.")
        threading.Event().wait()


def main() -> None:
    """Run the command; a problem is one line on standard error, never a traceback."""
    try:
        app()
    except SitedrillError as error:
        Console(stderr=True).print(
            f"sitedrill: {error}", style="bold", markup=False, soft_wrap=True
        )
        sys.exit(MISUSED)


def _pytest(
    paths: list[Path], options: Options, directory: Path, expression: str, tags: str, workers: int
) -> list[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += ["-o", "addopts=", "-o", "filterwarnings=", "--rootdir", str(directory)]
    command += ["--basetemp", str(directory / "pytest")]
    command += ["-o", "bdd_features_base_dir=", *map(str, (path.resolve() for path in paths))]
    given = {
        "site": options.site.resolve() if options.site else None,
        "cloud": options.cloud,
        "runner": options.runner,
        "out": options.out.resolve(),
        "seed": options.seed,
        "timeout": options.run_timeout,
        "session": directory,
    }
    command += [f"--sitedrill-{name}={value}" for name, value in given.items() if value is not None]
    if expression:
        command += ["-k", expression]
    if tags:
        command += ["-m", tags]
    if workers > 1:
        command += ["-n", str(workers)]
    return command


def _follow_pytest(command: list[str], out: Path, directory: Path, console: Console) -> int:
    """Run the drills and show their progress; Ctrl-C reaches them once, and they are waited for."""
    stop = threading.Event()
    ended = threading.Event()
    with (out / "pytest.log").open("wb") as log, _stops_on_signal(stop):
        process = subprocess.Popen(
            command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )

        def wait() -> None:
            process.wait()
            ended.set()

        threading.Thread(target=wait, daemon=True).start()
        screen = threading.Thread(
            target=_show, args=(out / "journals", directory / "total", console, ended), daemon=True
        )
        screen.start()
        while not ended.wait(0.2):
            if stop.is_set():
                console.print("stopping: the drills under way are closed ...")
                _stop(process, ended)
                break
        ended.wait()
        screen.join()
    return INTERRUPTED if stop.is_set() else process.returncode


def _stop(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    # The whole group: xdist's workers close their drills too.
    os.killpg(process.pid, signal.SIGINT)
    if not ended.wait(_STOPS_WITHIN):
        os.killpg(process.pid, signal.SIGKILL)


def _show(journals: Path, total: Path, console: Console, ended: threading.Event) -> None:
    clock = SystemClock()

    def known() -> int | None:
        if total.exists():
            return int(total.read_text())
        return -1 if ended.is_set() else None

    number = poll(known, within=600, waiting_for="the drills to be collected", clock=clock)
    follow(
        journals, clock=clock, console=console, stop=ended, total=number if number >= 0 else None
    )


@contextmanager
def _session_directory() -> Iterator[Path]:
    directory = new_directory()
    try:
        yield directory
    finally:
        close_session(directory, SystemClock())


@contextmanager
def _interrupts_on_signal() -> Iterator[None]:
    """Let SIGTERM and SIGHUP do what SIGINT does: raise KeyboardInterrupt where we are."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), interrupt):
        yield


@contextmanager
def _stops_on_signal(stop: threading.Event) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP set `stop` instead of ending us in the middle."""
    with _handled((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), lambda *_: stop.set()):
        yield


@contextmanager
def _handled(numbers: tuple[signal.Signals, ...], handler: Callable[..., None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _last_lines(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or "pytest said nothing"


if __name__ == "__main__":
    main()
