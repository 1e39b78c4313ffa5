"""Virtual environments for programs whose dependencies fight with ours, made once for a user.

    venv = ensure_venv(cache, "ministack", ["ministack==1.5.33"], say=print)
    subprocess.Popen([venv / "bin" / "python", "-m", "ministack.app"])

An environment is named after what is in it, so another set of requirements gets another one. It is
made where it stays, for its scripts name their interpreter by its path; a mark says that it is whole.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock
from packaging.specifiers import SpecifierSet

from harness.errors import ProcessError, ToolMissingError
from harness.processes import run_tool

#: Seconds for pip to fetch and install everything.
INSTALL_WITHIN = 900.0
#: A file in an environment that is whole.
WHOLE = ".sitedrill-whole"

_INTERPRETER = re.compile(r"^python3(\.\d+)?$")
#: Fails where the system's Python was shipped without what makes environments (Debian does that).
_ASK_VERSION = "import sys, venv, ensurepip; print('%d.%d.%d' % sys.version_info[:3])"
#: Ours must not be looked into by another interpreter.
_OURS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


def venv_path(cache: Path, name: str, requirements: Sequence[str]) -> Path:
    """Where the environment with these requirements is, or would be."""
    told = hashlib.sha256("\n".join(requirements).encode()).hexdigest()[:12]
    return cache / "venvs" / f"{name}-{told}"


def is_whole(venv: Path) -> bool:
    """Whether the environment was made to its end, and its interpreter is still there."""
    return (venv / WHOLE).is_file() and os.access(venv / "bin" / "python", os.X_OK)


def ensure_venv(
    cache: Path,
    name: str,
    requirements: Sequence[str],
    *,
    python: str = "",
    say: Callable[[str], None],
    otherwise: str = "",
    search: str | None = None,
    home: Path | None = None,
) -> Path:
    """The environment with these requirements, made when it is not there yet.

    Args:
        cache: folder in which environments are kept, for this user.
        name: whose it is, such as "localstack".
        requirements: as pip takes them, each pinned.
        python: which interpreters will do, such as ">=3.12"; any that we run on by default.
        say: told when it has to be made, since this may take a minute.
        otherwise: what a person can do when neither an interpreter nor the packages can be had.
        search: PATH to look for interpreters on, the process's own by default.
        home: whose pyenv to look into, the person's own by default.

    Returns:
        The environment's folder: its interpreter is `bin/python` in it.

    Raises:
        ToolMissingError: there is no such interpreter, or pip failed; says which.
    """
    venv = venv_path(cache, name, requirements)
    if is_whole(venv):
        return venv
    venv.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(venv.with_name(f"{venv.name}.lock")):
        if is_whole(venv):  # another process was first
            return venv
        interpreter = find_python(python, search=search, home=home)
        if interpreter is None:
            raise ToolMissingError(
                f"{name} needs a Python {python} with its venv module, and none was found on PATH "
                "nor in pyenv",
                hint=" ".join(
                    part
                    for part in (
                        "install one (Debian: apt-get install python3-venv; pyenv install 3.12);",
                        otherwise,
                    )
                    if part
                ).rstrip(";"),
            )
        say(f"making the environment of {name} in {venv}, a minute or so, once")
        shutil.rmtree(venv, ignore_errors=True)
        try:
            _make(venv, interpreter, requirements)
        except ProcessError as error:
            shutil.rmtree(venv, ignore_errors=True)
            raise ToolMissingError(
                f"the environment of {name} could not be made with {interpreter}: {error.message}",
                hint="; ".join(
                    part for part in ("see that pip can reach a package index", otherwise) if part
                ),
            ) from error
        (venv / WHOLE).touch()
    return venv


def find_python(
    wanted: str = "", *, search: str | None = None, home: Path | None = None
) -> Path | None:
    """An interpreter that can make environments and whose version is `wanted`, such as ">=3.12".

    The one that runs us comes first, then those on PATH, then pyenv's.
    """
    specifiers = SpecifierSet(wanted)
    seen: set[Path] = set()
    for candidate in _candidates(search, home or Path.home()):
        if candidate in seen:
            continue
        seen.add(candidate)
        version = _version(candidate)
        if version and specifiers.contains(version, prereleases=True):
            return candidate
    return None


def clean_environment() -> dict[str, str]:
    """Our environment without what would make another interpreter load our packages."""
    return {name: value for name, value in os.environ.items() if name not in _OURS}


def _candidates(search: str | None, home: Path) -> Iterator[Path]:
    yield Path(sys.executable)
    path = os.environ.get("PATH", os.defpath) if search is None else search
    for name in path.split(os.pathsep):
        if name and Path(name).is_dir():
            yield from _interpreters(Path(name))
    root = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    for folder in sorted((root / "versions").glob("3.*/bin"), reverse=True):
        yield from _interpreters(folder)


def _interpreters(folder: Path) -> list[Path]:
    try:
        names = [entry.name for entry in folder.iterdir() if _INTERPRETER.match(entry.name)]
    except OSError:  # somebody else's folder
        return []
    return [folder / name for name in sorted(names, key=_newness, reverse=True)]


def _newness(name: str) -> int:
    return int(name.partition(".")[2] or 0)


def _version(interpreter: Path) -> str:
    try:
        said = run_tool([interpreter, "-c", _ASK_VERSION], env=clean_environment(), timeout=20)
    except ProcessError:  # a pyenv shim of a version not chosen, or no venv module
        return ""
    return said.decode().strip()


def _make(venv: Path, interpreter: Path, requirements: Sequence[str]) -> None:
    env = clean_environment()
    run_tool([interpreter, "-m", "venv", venv], env=env, timeout=INSTALL_WITHIN)
    listed = venv / "requirements.txt"
    listed.write_text("".join(f"{line}\n" for line in requirements))
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-compile", "-r", str(listed)],
        env=env,
        capture_output=True,
        text=True,
        timeout=INSTALL_WITHIN,
        check=False,
    )
    if done.returncode != 0:
        # pip says the reason in its last lines, after much that explains nothing.
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise ProcessError(" ".join(said[-2:]) or f"pip ended with {done.returncode}")
