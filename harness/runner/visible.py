"""What of this machine a walled run sees, all of it read-only: the system's programs and their data.

An allow-list: no home, no credentials, no sockets, no other users' files. In `/etc` only what programs
need to find libraries, certificates and names; private keys lie beside certificates, so the folders that
hold both are not on the list.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

#: Folders that are links to others on some systems and folders on others.
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
_PROGRAMS = ("/usr", "/nix/store")
#: Where a run looks for programs of the system's.
_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_ETC = (
    "alternatives",
    "bash.bashrc",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "fonts",
    "inputrc",
    "java-17-openjdk",
    "java-21-openjdk",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "lsb-release",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "pki/tls/openssl.cnf",
    "protocols",
    "python3",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
    "terminfo",
    "timezone",
)


def system_mounts() -> list[str]:
    """Bubblewrap's options that bring in the system's programs."""
    options: list[str] = []
    for name in _PROGRAMS:
        options += ["--ro-bind-try", name, name]
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for name in _ETC:
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return options


def linked_elsewhere() -> set[Path]:
    """The folders in `/opt` that programs on the system's PATH are links into."""
    found = set()
    for folder in map(Path, _PATH):
        if not folder.is_dir():
            continue
        for entry in os.scandir(folder):
            if entry.is_symlink():
                parts = Path(entry.path).resolve().parts
                if parts[:2] == ("/", "opt") and len(parts) > len(("/", "opt", "x")):
                    found.add(Path(*parts[:3]))
    return found


def program_roots(program: Path, *, home: Path) -> set[Path]:
    """What a program needs of its own: itself, and the folders it was installed with.

    Args:
        program: as it is found, maybe by a link.
        home: the person's, of which no more than an installation may be seen.
    """
    real = program.resolve()
    prefix = real.parent.parent
    own = real.parent.name == "bin" and (prefix / "lib").is_dir()
    if own and not home.is_relative_to(prefix) and prefix != home / ".local":
        return {program, prefix}
    return {program, real}


def interpreter_roots() -> set[Path]:
    """What the Python that runs us needs, and with it the AWS CLI."""
    roots = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable)}
    awscli = importlib.util.find_spec("awscli")
    if awscli is not None and awscli.origin is not None:
        roots.add(Path(awscli.origin).parent.parent)
    return roots


def read_only(paths: Iterable[Path]) -> list[str]:
    """Bubblewrap's options for these paths, parents first; what lies in another is not said twice."""
    options: list[str] = []
    said = [Path("/usr")]
    for path in sorted(set(paths)):
        if path.exists() and not any(path.is_relative_to(parent) for parent in said):
            said.append(path)
            options += ["--ro-bind", str(path), str(path)]
    return options
