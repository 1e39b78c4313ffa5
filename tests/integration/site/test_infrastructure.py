"""The reference site's infra/apply: creates, converges, mends drift, never overwrites blindly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.checks.layers import capture, differences
from harness.clock import SystemClock
from harness.cloud.clients import Clients
from harness.cloud.gateway import Gateway
from harness.cloud.moto.emulator import MotoEmulator
from harness.journal import Journal, Record, read_journal
from harness.resources import reference_site
from harness.serving import Serving

pytestmark = pytest.mark.integration

BUCKET, RELEASES = "harbourlight-staging", "harbourlight-staging-releases"


@dataclass
class Account:
    """An empty AWS account, the site's files, and the AWS CLI on PATH."""

    endpoint: str
    journal: Path
    site: Path
    clients: Clients

    def apply(self, environment: str = "staging") -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return subprocess.run(
            ["infra/apply", environment],
            cwd=self.site,
            env={
                "PATH": path,
                "HOME": str(self.site),
                "AWS_ENDPOINT_URL": self.endpoint,
                "AWS_ACCESS_KEY_ID": "SITEDRILLAPPLY",
                "AWS_SECRET_ACCESS_KEY": "-",
                "AWS_DEFAULT_REGION": "us-east-1",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def changes(self) -> list[Record]:
        records = read_journal(self.journal)
        calls = [r for r in records if r.kind == "aws.call" and r.data["caller"] == "apply"]
        return [r for r in calls if r.data["mutating"]]

    @property
    def distribution(self) -> str:
        return self.clients.cloudfront.list_distributions()["DistributionList"]["Items"][0]["Id"]


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    clock = SystemClock()
    site = tmp_path / "site"
    shutil.copytree(reference_site(), site)
    with (
        MotoEmulator.start(
            owner_pid=os.getpid(), directory=tmp_path / "moto", clock=clock
        ) as emulator,
        Journal(tmp_path / "journal.jsonl", clock=clock) as journal,
        Serving() as serving,
    ):
        gateway = Gateway(emulator, journal=journal, clock=clock)
        endpoint = f"http://127.0.0.1:{serving.serve(gateway)}"
        with Clients(endpoint, "checks") as clients:
            yield Account(endpoint, journal.path, site, clients)
        serving.run(gateway.aclose())


def test_apply_creates_then_leaves_alone_then_mends(account: Account) -> None:
    first = account.apply()
    assert first.returncode == 0, first.stdout + first.stderr
    created = {r.data["operation"] for r in account.changes()}
    assert {"CreateBucket", "CreateDistribution", "CreateOriginAccessControl"} <= created
    before = capture(account.clients, BUCKET, account.distribution)
    assert before.infrastructure["Versioning"] == "Enabled"
    assert all(before.infrastructure["PublicAccessBlock"].values())
    [statement] = before.infrastructure["BucketPolicy"]["Statement"]
    assert statement["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(account.distribution)
    count = len(account.changes())

    assert account.apply().returncode == 0
    assert [r.data["operation"] for r in account.changes()[count:]] == []

    config = account.clients.cloudfront.get_distribution_config(Id=account.distribution)
    config["DistributionConfig"]["DefaultRootObject"] = "home.html"
    account.clients.cloudfront.update_distribution(
        Id=account.distribution,
        IfMatch=config["ETag"],
        DistributionConfig=config["DistributionConfig"],
    )
    account.clients.s3.delete_bucket_policy(Bucket=BUCKET)
    account.clients.s3.put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )
    assert account.apply().returncode == 0
    after = capture(account.clients, BUCKET, account.distribution)
    assert differences(before, after, "infrastructure") == []


def test_a_change_made_meanwhile_is_not_overwritten(account: Account) -> None:
    assert account.apply().returncode == 0
    library = account.site / "infra" / "lib.js"
    # Somebody else's change falls between apply's reading and its writing.
    library.write_text(
        library.read_text().replace(
            "const options =",
            "args = args.map((a, i) => args[i - 1] === '--if-match' ? 'EOLD' : a);\n    const options =",
        )
    )
    file = account.site / "infra" / "distribution.json"
    file.write_text(file.read_text().replace("PriceClass_100", "PriceClass_200"))
    refused = account.apply()
    assert refused.returncode == 1
    assert "PreconditionFailed" in refused.stderr
    assert "at " not in refused.stderr


def test_an_unknown_environment_is_refused_before_anything_is_called(account: Account) -> None:
    done = account.apply("production")
    assert done.returncode == 1
    assert 'unknown environment "production": expected staging or prod' in done.stderr
    assert account.changes() == []
