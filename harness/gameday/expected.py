"""What viewers should get while nothing is broken: a release of the site's own repository.

    site = SiteAt(folder, load_settings(folder))
    release = site.release("v1.4.0")          # "" for the newest
    expected = site.expected(release, scratch)
    accepted = accepted_bodies(settings.site.watch, [expected])

Pages that need it are built by the commands that the settings name, in a checkout of the release.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.checks.release import ExpectedRelease, expected_release
from harness.errors import ConfigError, SitedrillError
from harness.github.git import git
from harness.github.history import Release
from harness.processes import run_tool
from harness.settings import FILE_NAME, SiteSettings

#: Seconds that one command of a build may take.
BUILDS_WITHIN = 1800.0


@dataclass(frozen=True)
class SiteAt:
    """A site's repository on this machine."""

    folder: Path
    settings: SiteSettings

    def release(self, name: str = "") -> Release:
        """A release: a tag, a branch or a commit; by default the newest release there is.

        Raises:
            ConfigError: the repository has none.
        """
        name = name or self._newest()
        asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        try:
            commit = git(self.folder, *asked)
        except SitedrillError as error:
            raise ConfigError(
                file=self.folder,
                key="release",
                value=name,
                expected="a tag or commit of this repository",
                hint="fetch all tags: `git fetch --tags`",
            ) from error
        return Release(name, commit)

    def expected(self, release: Release, scratch: Path) -> ExpectedRelease:
        """What viewers should get of it.

        Args:
            release: which.
            scratch: a folder for its checkout; kept there for the next time.

        Raises:
            SitedrillError: it cannot be built.
        """
        site = self.settings.site
        tree = scratch / release.commit
        if not tree.exists():
            fresh = scratch / f"{release.commit}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir(parents=True)
            self._export(release.commit, fresh)
            for command in site.build:
                run_tool(["bash", "-ec", command], cwd=fresh, timeout=BUILDS_WITHIN)
            fresh.rename(tree)
        pages = tree / site.uploaded
        if not pages.is_dir():
            raise SitedrillError(
                f"{release.tag} has no folder {site.uploaded}",
                hint=f"{FILE_NAME}: site.content or site.output names where the pages lie",
            )
        return self.pages(release, pages)

    def pages(self, release: Release, folder: Path) -> ExpectedRelease:
        """What viewers should get where the pages lie built in a folder."""
        return expected_release(
            release.tag,
            release.commit,
            folder,
            self.settings.headers,
            error_page=f"/{self.settings.site.error_page}",
        )

    def _newest(self) -> str:
        try:
            tags = git(self.folder, "tag", "--list").splitlines()
        except SitedrillError:
            tags = []
        found = self.settings.releases.pattern.releases(tags)
        if not found:
            raise ConfigError(
                file=self.folder,
                key="release",
                expected=f"a repository with a tag that matches {self.settings.releases.tags}",
                hint="fetch all tags: `git fetch --tags`",
            )
        return found[-1]

    def _export(self, commit: str, folder: Path) -> None:
        packed = run_tool(["git", "archive", "--format=tar", commit], cwd=self.folder, timeout=120)
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            tar.extractall(folder, filter="data")


def accepted_bodies(
    watch: Iterable[str], releases: Sequence[ExpectedRelease]
) -> dict[str, frozenset[str]]:
    """Addresses that are probed, with the sums of what is fine there.

    Raises:
        ConfigError: a release has nothing at an address.
    """
    found = {}
    for path in watch:
        name = f"{path}index.html" if path.endswith("/") else path
        files = [file for release in releases if (file := release.file(name)) is not None]
        if not files:
            raise ConfigError(
                file=FILE_NAME,
                key="site.watch",
                value=path,
                expected=f"an address that {', '.join(release.name for release in releases)} has",
            )
        found[path] = frozenset(file.sha256 for file in files)
    return found
