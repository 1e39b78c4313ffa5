"""Terraform's providers: which a site needs, which this machine has, and a mirror of them for a run.

Runs reach no registry, so a provider must be here before: in a mirror or a plugin cache that the
person's CLI configuration names, or where Terraform looks by itself. Of that configuration nothing
else is taken, least of all credentials.
https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation
"""

from __future__ import annotations

import os
import platform
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from harness.runner.hcl import attribute, blocks

#: The registries of Terraform and of OpenTofu, where a provider has the same name and address.
REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
#: Variables that name the CLI configuration; the first that is set counts.
CONFIG_VARIABLES = ("TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG")
CONFIG_FILES = (".tofurc", ".terraformrc")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
_PACKED = re.compile(
    r"terraform-provider-(?P<type>.+)_(?P<version>[^_]+)_(?P<platform>\w+_\w+)\.zip"
)
_SOURCE = re.compile(r'\bsource\s*=\s*"(?:([\w.-]+\.[\w.-]+)/)?([\w-]+)/([\w-]+)"')
_NOT_THE_SITE = {"node_modules", ".git", ".terraform"}


@dataclass(frozen=True)
class Package:
    """A provider in a mirror, unpacked in a folder or packed in a file."""

    host: str
    name: str
    version: str
    path: Path

    @property
    def packed(self) -> bool:
        """Whether it is an archive."""
        return self.path.suffix == ".zip"


@dataclass(frozen=True)
class Requirement:
    """A provider that a site's files ask for."""

    name: str
    file: str


def this_platform() -> str:
    """The name of this machine in mirrors, such as `linux_amd64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{_MACHINES.get(machine, machine)}"


def config_files(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The person's CLI configuration files, there or not."""
    named = next((environ[name] for name in CONFIG_VARIABLES if environ.get(name)), None)
    return (Path(named),) if named else tuple(home / name for name in CONFIG_FILES)


def mirrors(environ: Mapping[str, str], home: Path) -> tuple[Path, ...]:
    """The folders in which providers may lie, those of the person's configuration first.

    https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    found = []
    for file in config_files(environ, home):
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for installation in blocks(text, "provider_installation"):
            found += [attribute(body, "path") for body in blocks(installation, "filesystem_mirror")]
        # A cache that earlier runs of the person filled is laid out like a mirror.
        found.append(_expanded(attribute(text, "plugin_cache_dir"), environ, home))
    found.append(environ.get("TF_PLUGIN_CACHE_DIR"))
    data = [environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")]
    data += (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(os.pathsep)
    implied = [
        home / ".terraform.d" / "plugins",
        *(Path(p) / "terraform" / "plugins" for p in data),
    ]
    folders = [Path(path) for path in found if path] + implied + _below_opt()
    return tuple(dict.fromkeys(folder for folder in folders if folder.is_dir()))


def packages(folders: Iterable[Path], on: str) -> tuple[Package, ...]:
    """The providers for the platform `on` in these mirrors; the first of two alike counts.

    https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
    """
    found: dict[tuple[str, str, str], Package] = {}
    for folder in folders:
        for kind in sorted(folder.glob("*.*/*/*/")):
            host, namespace, type_ = kind.relative_to(folder).parts
            for path in sorted(kind.glob("*")):
                match = _PACKED.fullmatch(path.name)
                version = path.name
                if match and match["platform"] == on:
                    version, where = match["version"], path
                elif (path / on).is_dir():
                    where = path / on
                else:
                    continue
                package = Package(host, f"{namespace}/{type_}", version, where)
                found.setdefault((host, package.name, version), package)
    return tuple(found.values())


def requirements(site: Path) -> tuple[Requirement, ...]:
    """The providers that the site's files ask for, each with the first file that does."""
    found: dict[str, Requirement] = {}
    for suffix in ("*.tf", "*.tofu"):
        for file in sorted(site.rglob(suffix)):
            name = file.relative_to(site)
            if _NOT_THE_SITE & set(name.parts):
                continue
            text = file.read_text(encoding="utf-8", errors="replace")
            for body in blocks(text, "required_providers"):
                for _, namespace, type_ in _SOURCE.findall(body):
                    provider = f"{namespace}/{type_}"
                    found.setdefault(provider, Requirement(provider, name.as_posix()))
    return tuple(found.values())


def unpacked(package: Package, cache: Path) -> Package:
    """The package as a folder, unpacked once for this user: Terraform would do so in every run."""
    if not package.packed:
        return package
    seen = package.path.stat()
    folder = cache / "providers" / f"{package.path.stem}-{seen.st_size}-{seen.st_mtime_ns}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            aside = folder.with_name(f"{folder.name}.new")
            with zipfile.ZipFile(package.path) as archive:
                archive.extractall(aside)
            for file in aside.glob("terraform-provider-*"):
                file.chmod(0o755)
            aside.rename(folder)
    return Package(package.host, package.name, package.version, folder)


def write_mirror(folder: Path, found: Iterable[Package], on: str) -> str:
    """Make a mirror of links to these packages, and say how a CLI configuration names it.

    What one registry's mirror has, the other's programs find too: `tofu` looks for `hashicorp/aws` at
    OpenTofu's registry, `terraform` at its own.
    """
    names = set()
    for package in found:
        hosts = REGISTRIES if package.host in REGISTRIES else (package.host,)
        for host in hosts:
            names.add(f"{host}/{package.name}")
            place = folder / host / package.name / package.version / on
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.is_symlink():
                place.symlink_to(package.path)
    excluded = ", ".join(f'"{name}"' for name in sorted(names))
    return (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{folder}"\n  }}\n'
        f"  direct {{\n    exclude = [{excluded}]\n  }}\n"
        "}\n"
    )


def _expanded(path: str | None, environ: Mapping[str, str], home: Path) -> str | None:
    if path is None:
        return None
    known = {**environ, "HOME": str(home)}
    return re.sub(r"\$\{?(\w+)\}?", lambda name: known.get(name[1], ""), path)


def _below_opt() -> list[Path]:
    """Where images that were built with a mirror tend to keep it."""
    found = (path for host in REGISTRIES for path in Path("/opt").glob(f"*/{host}"))
    return sorted(path.parent for path in found)
