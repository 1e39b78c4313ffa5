"""How act is called: its command line, the files it reads, and what a run sees of its machine.

The same for every kind of runner; only where act and the tools are, and what a label such as
`ubuntu-latest` stands for, differ.
https://nektosact.com/usage/index.html
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from harness.runner import warm
from harness.runner.actions import stand_ins
from harness.runner.job import Job

#: The labels of GitHub's runners that we stand in for.
LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
#: What a label stands for where the steps are processes beside act.
SELF_HOSTED = "-self-hosted"
#: What act itself starts for a step: a shell for `run:`, Node for an action.
_STARTED_BY_ACT = ("bash", "node")
#: Seconds that a failed step lingers, so that act reads to its end.
LINGER = 0.2


def prepare(
    job: Job, *, act: Path, tools: Mapping[str, Path], platform: str = SELF_HOSTED
) -> list[str]:
    """Write what act reads into the job's folder, and say how act is called.

    Args:
        job: the run.
        act: the program, where the run finds it.
        tools: the programs that steps find on PATH before the system's own, where the run finds them.
        platform: what every label of `runs-on` stands for: an image, or `SELF_HOSTED`.

    Raises:
        ConfigError: the workflow uses an action that nothing stands in for.
    """
    home = job.directory / "home"
    for own in (home, job.directory / "tmp", job.directory / "bin", job.directory / "act"):
        own.mkdir(parents=True, exist_ok=True)
    for name, program in tools.items():
        _offer(job.directory / "bin" / name, program)
    _configure_git(home, job.git_urls)
    paths = _write_files(job)
    command = [
        str(act),
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
    for label in LABELS:
        command += ["--platform", f"{label}={platform}"]
    if job.helpers:
        command += ["--platform", f"{job.helpers}={SELF_HOSTED}"]
    for action, folder in stand_ins(job).items():
        command += ["--local-repository", f"{action}={folder}"]
    return command


def run_environment(job: Job) -> dict[str, str]:
    """All that act and its steps see of the machine's environment: nothing of the person's own."""
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


def _configure_git(home: Path, urls: Mapping[str, str]) -> None:
    config = [f'[url "{target}"]\n\tinsteadOf = {source}\n' for source, target in urls.items()]
    (home / ".gitconfig").write_text(
        "".join(config) + "[safe]\n\tdirectory = *\n[advice]\n\tdetachedHead = false\n"
    )


def _write_files(job: Job) -> dict[str, Path]:
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
    return paths


def _offer(name: Path, program: Path) -> None:
    """Put a program on the run's PATH.

    When a step fails, act stops reading its terminal at once, and on a busy machine the last lines,
    which say why, are lost (`exec` in its pkg/container/host_environment.go waits only after a
    success). What act starts for a step therefore lingers a moment after it has failed. Asked to end,
    it waits for the program, which is asked too.
    """
    if program.name not in _STARTED_BY_ACT:
        name.symlink_to(program)
        return
    quoted = shlex.quote(str(program))
    lines = (
        "#!/bin/sh",
        "trap : TERM",
        f'{quoted} "$@"',
        "status=$?",
        f"[ $status -eq 0 ] || sleep {LINGER}",
        "exit $status",
    )
    name.write_text("\n".join(lines) + "\n")
    name.chmod(0o755)


def offer_warm(directory: Path, name: str, program: Path) -> None:
    """Put a program written in Python on a run's PATH so that its imports are paid for once a run.

    Any other program, or one of another system than Linux, stays as it is. See `harness.runner.warm`.
    """
    python = warm.interpreter_of(str(program))
    if not python or sys.platform != "linux":
        return
    folder = directory / "warm"
    folder.mkdir(exist_ok=True)
    for part in ("warm.py", "warm_server.py"):
        shutil.copyfile(Path(warm.__file__).with_name(part), folder / part)
    words = [python, "-I", "-S", str(folder / "warm.py"), str(program)]
    starter = directory / "bin" / name
    starter.unlink(missing_ok=True)
    starter.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    starter.chmod(0o755)
