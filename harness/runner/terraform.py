"""Terraform and OpenTofu in runs: the programs, and the providers without the network.

    terraform = find_terraform(environ=os.environ, home=Path.home())
    terraform.check(site, workflows)          # what the site needs is here, or a clear error
    environment = terraform.offer(directory)  # a run's own CLI configuration

Both speak the same language, so each stands in for the other where only one is installed.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ToolMissingError
from harness.runner.providers import (
    Package,
    mirrors,
    packages,
    requirements,
    this_platform,
    unpacked,
    write_mirror,
)
from harness.runner.tools import Tool, version_of

PROGRAMS = ("terraform", "tofu")
#: Neither ask for a newer version of themselves, nor read a configuration, when asked for theirs.
_QUIET = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}
_CALLED = re.compile(
    r"(?<![\w./-])(terraform|tofu)(?=\s+(?:-chdir|[a-z]))|/setup-(?:terraform|opentofu)@"
)
#: A provider listens at a socket below TMPDIR, and a socket's address has room for 107 bytes (unix(7)).
_LONGEST = 80
_HOW = "terraform: developer.hashicorp.com/terraform/install; tofu: opentofu.org/docs/intro/install"


@dataclass(frozen=True)
class Terraform:
    """What this machine has of both: the programs by name, and the providers."""

    programs: tuple[Tool, ...]
    providers: tuple[Package, ...]
    platform: str

    @property
    def here(self) -> bool:
        """Whether there is one of the two."""
        return any(tool.path for tool in self.programs)

    @property
    def readable(self) -> tuple[Path, ...]:
        """The folders and files that a run must be able to read."""
        programs = [tool.path for tool in self.programs if tool.path]
        return tuple(dict.fromkeys([*programs, *(found.path for found in self.providers)]))

    def offer(self, directory: Path) -> dict[str, str]:
        """Give a run a CLI configuration of its own, and say what it must see to find it."""
        if not self.here:
            return {}
        ready = [package for package in self.providers if not package.packed]
        config = directory / "terraform.rc"
        config.write_text(write_mirror(directory / "providers", ready, self.platform))
        offered = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(config)}
        if len(str(directory)) > _LONGEST:
            offered["PLUGIN_UNIX_SOCKET_DIR"] = "/tmp"  # noqa: S108 - the address of a socket is short
        return offered

    def serving(self, site: Path, cache: Path) -> Terraform:
        """Made ready for a site: what it needs is here, and unpacked.

        Raises:
            ToolMissingError: the site's workflows call Terraform, and there is none, or a provider
                that its files ask for is in no mirror.
        """
        caller = _caller(site)
        if caller is None:
            return self
        if not self.here:
            raise ToolMissingError(
                f"{caller} calls terraform or tofu, and neither is on PATH", hint=_HOW
            )
        needed = requirements(site)
        for requirement in needed:
            if requirement.name not in {package.name for package in self.providers}:
                raise ToolMissingError(
                    f"{requirement.file} needs the provider {requirement.name}, which is in no "
                    f"mirror or plugin cache of this machine for {self.platform}",
                    hint="runs reach no registry: with a network, say `terraform -chdir="
                    f"{Path(requirement.file).parent} providers mirror ~/.terraform.d/plugins`, or "
                    "name a filesystem_mirror or plugin_cache_dir in the CLI configuration",
                )
        names = {requirement.name for requirement in needed}
        ready = tuple(
            unpacked(package, cache) if package.name in names else package
            for package in self.providers
        )
        return Terraform(self.programs, ready, self.platform)


def find_terraform(
    *, environ: Mapping[str, str], home: Path, search: str | None = None
) -> Terraform:
    """Look for the programs on PATH (or on `search`), and for providers in every mirror."""
    on = this_platform()
    return Terraform(find_programs(search=search), packages(mirrors(environ, home), on), on)


def find_programs(*, search: str | None = None) -> tuple[Tool, ...]:
    """`terraform` and `tofu`; where one is missing, the other stands in for it."""
    found = {name: shutil.which(name, path=search) for name in PROGRAMS}
    versions = {
        name: version_of(Path(path), {**os.environ, **_QUIET})
        for name, path in found.items()
        if path
    }
    tools = []
    for name, other in (PROGRAMS, PROGRAMS[::-1]):
        path, version, problem = found[name], versions.get(name, ""), ""
        if path is None and found[other] is not None:
            path, version = found[other], f"{versions[other]} ({other})"
        elif path is None:
            problem = "not on PATH; only sites that call it need it"
        tools.append(
            Tool(name, Path(path) if path else None, version, _HOW, problem, optional=True)
        )
    return tuple(tools)


def _caller(site: Path) -> str | None:
    """The first workflow that calls either program."""
    folder = site / ".github" / "workflows"
    for file in sorted(path for path in folder.glob("*.y*ml") if path.is_file()):
        if _CALLED.search(file.read_text(encoding="utf-8", errors="replace")):
            return file.relative_to(site).as_posix()
    return None
