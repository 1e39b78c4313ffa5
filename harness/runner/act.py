"""Runs a workflow under act on this host, and journals what happens as it happens.

    HostRunner(act=..., tools=...).execute(job, journal)  ->  Outcome

Nothing of the person running it is visible to the run: it gets an environment, a HOME and a temporary
folder of its own. Everything it starts carries the run's token and is ended with it.
https://nektosact.com/usage/index.html
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.clock import Clock
from harness.journal import Journal
from harness.processes import TOKEN, end_marked
from harness.runner.events import read_events
from harness.runner.job import Job, Outcome
from harness.runner.story import Story
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
#: What act itself starts for a step: a shell for `run:`, Node for an action.
_STARTED_BY_ACT = ("bash", "node")
#: Seconds that a failed step lingers, so that act reads to its end.
LINGER = 0.2
_LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")


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
        story = Story(job.run, journal)
        outcome = Outcome("cancelled", None, 0)
        try:
            code, timed_out = self._run(job, story, token)
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

    def _run(self, job: Job, story: Story, token: str) -> tuple[int | None, bool]:
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
            end_marked(token, grace=GRACE, clock=self._clock, under=job.directory)

        timer = threading.Timer(job.timeout, give_up)
        timer.daemon = True
        timer.start()
        try:
            for event in read_events(_lines(process)):
                story.tell(event)
            return process.wait(), timed_out.is_set()
        finally:
            timer.cancel()
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            end_marked(token, grace=GRACE, clock=self._clock, under=job.directory)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _prepare(self, job: Job) -> list[str]:
        """Write what act reads, and say how it is called."""
        home = job.directory / "home"
        for own in (home, job.directory / "tmp", job.directory / "bin", job.directory / "act"):
            own.mkdir(parents=True, exist_ok=True)
        for tool in self._tools:
            if tool.path is not None:
                _offer(job.directory / "bin" / tool.name, tool.path)
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


def _offer(name: Path, program: Path) -> None:
    """Put a program on the run's PATH.

    When a step fails, act stops reading its terminal at once, and on a busy machine the last lines,
    which say why, are lost (`exec` in its pkg/container/host_environment.go waits only after a
    success). What act starts for a step therefore lingers a moment after it has failed.
    """
    if program.name not in _STARTED_BY_ACT:
        name.symlink_to(program)
        return
    quoted = shlex.quote(str(program))
    name.write_text(
        f'#!/bin/sh\n{quoted} "$@"\nstatus=$?\n[ $status -eq 0 ] || sleep {LINGER}\nexit $status\n'
    )
    name.chmod(0o755)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[str]:
    if process.stdout is None:
        return
    for line in process.stdout:
        yield line.decode(errors="replace")
