"""What viewers should get of a commit: the site's files at that commit, built where they need it.

    Content(directory, ...).expected(origin, "v1.1.0", commit)

Each commit is read, and built, once in a session, whichever process asks first.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from filelock import FileLock

from harness.checks.release import ExpectedRelease, expected_release
from harness.clock import Clock
from harness.commands import run_commands
from harness.errors import SitedrillError
from harness.github.origin import Origin
from harness.journal import Journal
from harness.runner.job import Runner
from harness.settings import FILE_NAME, SiteSettings


class Content:
    """The content of commits, kept in a folder that the processes of a session share."""

    def __init__(
        self,
        directory: Path,
        *,
        settings: SiteSettings,
        runner: Runner,
        clock: Clock,
        keep: Path,
    ) -> None:
        """Nothing is read yet.

        Args:
            directory: for this alone.
            settings: the site's.
            runner: executes the commands of a build.
            clock: whose time counts.
            keep: where the journal of a build that failed is left, to be read.
        """
        self._directory = directory
        self._settings = settings
        self._runner = runner
        self._clock = clock
        self._keep = keep

    def expected(self, origin: Origin, name: str, commit: str) -> ExpectedRelease:
        """What viewers should get of a commit, by the site's files.

        Raises:
            SitedrillError: the commit cannot be built.
        """
        site = self._settings.site
        tree = self._directory / commit
        self._directory.mkdir(parents=True, exist_ok=True)
        with FileLock(self._directory / f"{commit}.lock"):
            if not tree.exists():
                scratch = self._directory / f"{commit}.new"
                shutil.rmtree(scratch, ignore_errors=True)
                origin.export(commit, scratch)
                if site.build:
                    self._build(name, commit, scratch)
                scratch.rename(tree)
        return expected_release(
            name,
            commit,
            tree / site.uploaded,
            self._settings.headers,
            error_page=f"/{site.error_page}",
        )

    def _build(self, release: str, commit: str, tree: Path) -> None:
        site = self._settings.site
        journal_file = self._directory / f"{commit}.jsonl"
        with Journal(journal_file, clock=self._clock) as journal:
            outcome = run_commands(
                self._runner,
                site.build,
                tree=tree,
                directory=self._directory / f"{commit}.build",
                name=f"build-{commit[:12]}",
                journal=journal,
                environment={"CI": "true", "GITHUB_SHA": commit},
            )
        if outcome.conclusion == "success" and (tree / site.uploaded).is_dir():
            return
        kept = self._keep / f"build-{commit[:12]}.jsonl"
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(journal_file, kept)
        raise SitedrillError(
            f"{FILE_NAME}: site.build did not build {release}: "
            + (outcome.cause or f"there is no folder {site.uploaded} afterwards"),
            hint=f"nobody knows what viewers should get; the build's journal is {kept}",
        )
