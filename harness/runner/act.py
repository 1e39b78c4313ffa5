"""Runs a workflow under act on this host, and journals what happens as it happens.

    HostRunner(act=..., tools=...).execute(job, journal)  ->  Outcome

Nothing of the person running it is visible to the run: it gets an environment, a HOME and a temporary
folder of its own. Everything it starts carries the run's token and is ended with it.
https://nektosact.com/usage/index.html
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.clock import Clock
from harness.journal import Journal
from harness.processes import TOKEN, end_marked
from harness.runner.events import (
    Event,
    JobFinished,
    JobStarted,
    Note,
    OutputLine,
    StepFinished,
    StepStarted,
    Summary,
    read_events,
)
from harness.runner.job import Job, Outcome
from harness.runner.tools import ACT_VERSION, Tool

#: The actions that the doubles stand in for, with every version of them that workflows name.
DOUBLES = {
    "actions/checkout": ("checkout", ("v3", "v4", "v5", "v6")),
    "aws-actions/configure-aws-credentials": (
        "configure-aws-credentials",
        ("v1", "v2", "v3", "v4", "v5", "v6"),
    ),
}
#: Seconds between asking a run to end and ending it.
GRACE = 5.0
#: What act says of every double, several times.
_NOISE = ("LocalRepositoryCache", "Couldn't get a valid docker connection")
_LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")


@dataclass
class _Story:
    """What is remembered of a run while it goes by: enough to say in one line why it failed."""

    failed_step: str = ""
    last_error: str = ""
    last_line: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def cause(self) -> str:
        """The failed step and what it said last."""
        said = self.last_error or self.last_line.get(self.failed_step, "")
        if self.failed_step:
            return f"step {self.failed_step} failed" + (f": {said}" if said else "")
        return self.notes[-1] if self.notes else "act failed without saying why"


class HostRunner:
    """act in host mode: the steps are processes of this machine."""

    name = "host"

    def __init__(self, *, act: Path, tools: tuple[Tool, ...], clock: Clock, session: str) -> None:
        """Nothing runs yet.

        Args:
            act: the program.
            tools: the programs that steps find on PATH, besides the system's own.
            clock: whose time counts.
            session: begins the token of every process, so that whoever owns the session can end
                what a killed drill left behind.
        """
        self._session = session
        self._act = act
        self._tools = tools
        self._clock = clock

    def versions(self) -> Mapping[str, str]:
        """Of act and the tools."""
        return {"act": ACT_VERSION, **{tool.name: tool.version for tool in self._tools}}

    def execute(self, job: Job, journal: Journal) -> Outcome:
        """Run the job to its end, or to its timeout.

        Journals `run.started`, every job, step, line and summary, and `run.finished`.
        """
        journal.mask(job.secrets.values())
        token = f"{self._session}.{os.getpid()}.{job.run}.{job.attempt}."
        journal.write("run.started", run=job.run, workflow=job.workflow, role=job.role)
        started = self._clock.monotonic()
        story = _Story()
        outcome = Outcome("cancelled", None, 0)
        try:
            code, timed_out = self._run(job, journal, story, token)
            conclusion = "timed_out" if timed_out else ("failure" if code else "success")
            cause = f"ran longer than {job.timeout:g} s" if timed_out else story.cause()
            outcome = Outcome(
                conclusion,
                code,
                round(self._clock.monotonic() - started, 4),
                "" if conclusion == "success" else cause,
            )
        finally:
            journal.write(
                "run.finished",
                run=job.run,
                conclusion=outcome.conclusion,
                exit_code=outcome.exit_code,
                seconds=round(self._clock.monotonic() - started, 4),
                cause=outcome.cause,
            )
        return outcome

    def _run(
        self, job: Job, journal: Journal, story: _Story, token: str
    ) -> tuple[int | None, bool]:
        command = self._prepare(job)
        process = subprocess.Popen(
            command,
            cwd=job.workspace,
            env={**self._environment(job), TOKEN: token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            process.send_signal(signal.SIGTERM)
            end_marked(token, grace=GRACE, clock=self._clock)

        timer = threading.Timer(job.timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            for event in read_events(_lines(process)):
                _journal(event, job.run, journal, story)
            return process.wait(), timed_out.is_set()
        finally:
            timer.cancel()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            end_marked(token, grace=GRACE, clock=self._clock)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _prepare(self, job: Job) -> list[str]:
        """Write what act reads, and say how it is called."""
        home = job.directory / "home"
        for own in (home, job.directory / "tmp", job.directory / "bin", job.directory / "act"):
            own.mkdir(parents=True, exist_ok=True)
        for tool in self._tools:
            link = job.directory / "bin" / tool.name
            if tool.path is not None and not link.is_symlink() and tool.name != "bash":
                link.symlink_to(tool.path)
        config = [
            f'[url "{target}"]\n\tinsteadOf = {source}\n' for source, target in job.git_urls.items()
        ]
        (home / ".gitconfig").write_text(
            "".join(config) + "[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n"
        )
        files = {
            "event": dict(job.event),
            "variables": dict(job.variables),
            "secrets": dict(job.secrets),
            "environment": dict(job.environment),
        }
        paths = {}
        for name, content in files.items():
            # act reads environment files as YAML when they are called so, and JSON is YAML.
            paths[name] = job.directory / f"{name}.{'json' if name == 'event' else 'yml'}"
            paths[name].touch(mode=0o600)
            paths[name].write_text(json.dumps(content, ensure_ascii=True))
        command = [
            str(self._act),
            job.event_name,
            "--workflows",
            job.workflow,
            "--eventpath",
            str(paths["event"]),
            "--actor",
            job.actor,
            "--json",
            "--no-skip-checkout",
            "--no-cache-server",
            "--action-cache-path",
            str(job.directory / "act"),
            "--env-file",
            str(paths["environment"]),
            "--var-file",
            str(paths["variables"]),
            "--secret-file",
            str(paths["secrets"]),
            "--input-file",
            os.devnull,
        ]
        for label in _LABELS:
            command += ["--platform", f"{label}=-self-hosted"]
        for action, (folder, versions) in DOUBLES.items():
            stand_in = Path(__file__).parent / "doubles" / folder
            for version in versions:
                command += ["--local-repository", f"{action}@{version}={stand_in}"]
        return command

    def _environment(self, job: Job) -> dict[str, str]:
        path = [str(job.directory / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]
        return {
            "PATH": os.pathsep.join(path),
            "HOME": str(job.directory / "home"),
            "TMPDIR": str(job.directory / "tmp"),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            # act gives every step a terminal: a pager would wait there for a key.
            "PAGER": "cat",
            "USER": "runner",
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
        }


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    if process.stdout is None:
        return
    for line in process.stdout:
        yield line.decode(errors="replace")


def _journal(event: Event, run: str, journal: Journal, story: _Story) -> None:
    write: Callable[..., object] = journal.write
    match event:
        case JobStarted(job):
            write("job.started", run=run, job=job)
        case JobFinished(job, outcome):
            write("job.finished", run=run, job=job, outcome=outcome)
        case StepStarted(job, step, stage):
            write("step.started", run=run, job=job, step=step, stage=stage)
        case StepFinished(job, step, stage, outcome, seconds):
            if outcome == "failure" and not story.failed_step:
                story.failed_step = step
            write(
                "step.finished",
                run=run,
                job=job,
                step=step,
                stage=stage,
                outcome=outcome,
                seconds=seconds,
            )
        case OutputLine(job, step, line):
            # act may print the last lines of a step after saying that it failed.
            if line.strip() and story.failed_step in {"", step}:
                story.last_line[step] = line.strip()
                if line.startswith("error: "):
                    story.last_error = line.removeprefix("error: ")
            write("step.output", run=run, job=job, step=step, line=line)
        case Summary(job, step, markdown):
            write("step.summary", run=run, job=job, step=step, markdown=markdown)
        case Note(_, text) if text.startswith(_NOISE):
            return
        case Note(level, text):
            story.notes.append(text)
            write("run.note", run=run, level=level, text=text)
