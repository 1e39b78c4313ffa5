"""`gameday plan --check` and `--iam`, as a team calls them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from killed_days import viewers_get_the_pages
from staging_cloud import ACCOUNT, BUCKET, Staging

from harness.github.git import git
from harness.resources import reference_site

pytestmark = pytest.mark.integration

PLAN = """\
title = "Game day"
environment = "staging"
url = "{url}"
hypothesis = "it works"

[roles]
facilitator = ["octo-ops"]
responder = ["octo-dev"]

[aws]
account = "{account}"
region = "us-east-1"
bucket = "{bucket}"
distribution = "{distribution}"

[[incidents]]
incident = "cloudfront-root-object-missing"
hypothesis = "somebody notices"
time_box = "10m"
success = {{ detect = "1m", decide = "2m", recover = "3m" }}

[stop]
time_box = "1h"
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The site's own repository, with its release."""
    folder = tmp_path / "website"
    shutil.copytree(reference_site(), folder)
    settings = (folder / "sitedrill.toml").read_text()
    # Viewers are answered by a plain server here, which knows no headers and few types.
    head = settings.partition("\n[headers]")[0]
    (folder / "sitedrill.toml").write_text(head)
    for other in ("site.webmanifest", "favicon.ico", "sitemap.xml", "robots.txt", "js/site.js"):
        (folder / "src" / other).unlink()
    pages = list((folder / "src").rglob("*.html"))
    for page in pages:
        lines = page.read_text().splitlines(keepends=True)
        lost = ("site.webmanifest", "favicon.ico", "sitemap.xml", "robots.txt", "site.js")
        page.write_text("".join(line for line in lines if not any(one in line for one in lost)))
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c"}
    who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c"}
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Boats", env=who)
    git(folder, "tag", "v1.0.0")
    return folder


@pytest.fixture
def url(repository: Path) -> Iterator[str]:
    with viewers_get_the_pages(repository / "src") as address:
        yield address


def gameday(staging: Staging, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", "gameday", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={
            **kept,
            "AWS_ENDPOINT_URL": staging.emulator.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIATEST",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_CONFIG_FILE": os.devnull,
            "COLUMNS": "200",
        },
    )


def test_a_plan_is_proved_and_tells_its_blast_radius(
    staging: Staging, repository: Path, url: str
) -> None:
    before = staging.everything()
    text = PLAN.format(url=url, account=ACCOUNT, bucket=BUCKET, distribution=staging.distribution)
    (repository / "gameday.toml").write_text(text)
    proved = gameday(staging, repository, "plan", "--check", "--no-github")
    assert proved.returncode == 0, proved.stdout + proved.stderr
    for told in (
        "✓ the credentials are of account 123456789012",
        "✓ viewers get v1.0.0, every page of it",
        f"distribution {staging.distribution}",
        "DefaultRootObject: 'index.html' -> ''",
        "the captured configuration is written back",
        "1 resources, and nothing else",
    ):
        assert told in " ".join(proved.stdout.split()), proved.stdout
    assert staging.everything() == before

    (repository / "gameday.toml").write_text(text.replace(ACCOUNT, "999999999999"))
    refused = gameday(staging, repository, "plan", "--check", "--no-github")
    assert refused.returncode == 1
    assert "✗ aws.account is 999999999999" in refused.stdout
    assert "Blast radius" not in refused.stdout

    policy = json.loads(gameday(staging, repository, "plan", "--iam").stdout)
    assert policy["Statement"][-1]["Action"] == [
        "cloudfront:CreateInvalidation",
        "cloudfront:UpdateDistribution",
    ]
