"""The real AWS CLI against the gateway, as a workflow uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cloud_support import Front, config, oac

from harness.cloud.clients import Clients

pytestmark = pytest.mark.integration

AWS = Path(sys.executable).parent / "aws"
Cli = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cli(front: Front, tmp_path: Path) -> Cli:
    """Runs `aws` with nothing but the gateway's address and a key."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": front.endpoint,
        "AWS_ACCESS_KEY_ID": "AKIATEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }

    def run(*words: str, status: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, AWS, *words],
            env=environment | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done

    return run


@pytest.fixture
def content(tmp_path: Path) -> Path:
    site = tmp_path / "src"
    for name, text in {
        "index.html": "<h1>home</h1>",
        "docs/a page + 100%.html": "<h1>é</h1>",
        "assets/site.css": "body{}",
    }.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text, encoding="utf-8")
    return site


def stored(aws: Clients) -> dict[str, str]:
    listed = aws.s3.list_objects_v2(Bucket="site").get("Contents", [])
    return {
        found["Key"]: aws.s3.get_object(Bucket="site", Key=found["Key"])["ContentType"]
        for found in listed
    }


def test_copying_and_syncing_a_site(cli: Cli, content: Path, aws: Clients, front: Front) -> None:
    cli("s3", "mb", "s3://site")
    cli("s3", "cp", "--recursive", str(content), "s3://site", "--cache-control", "no-cache")
    assert stored(aws) == {
        "index.html": "text/html",
        "docs/a page + 100%.html": "text/html",
        "assets/site.css": "text/css",
    }
    puts = [call.data["params"] for call in front.calls() if call.data["operation"] == "PutObject"]
    assert {put["CacheControl"] for put in puts} == {"no-cache"}

    (content / "assets/site.css").unlink()
    (content / "index.html").write_text("<h1>same</h1>"[:13])
    (content / "new.html").write_text("<h1>new</h1>")
    done = cli("s3", "sync", "--delete", "--size-only", str(content), "s3://site")
    assert "delete: s3://site/assets/site.css" in done.stdout
    assert set(stored(aws)) == {"index.html", "docs/a page + 100%.html", "new.html"}
    # of the same size, so --size-only leaves it: https://github.com/aws/aws-cli/issues/4460
    assert aws.s3.get_object(Bucket="site", Key="index.html")["Body"].read() == b"<h1>home</h1>"

    back = content.parent / "back"
    cli("s3", "cp", "--recursive", "s3://site", str(back))
    assert (back / "docs/a page + 100%.html").read_text(encoding="utf-8") == "<h1>é</h1>"
    cli("s3", "rm", "--recursive", "s3://site")
    assert stored(aws) == {}


def test_deploying_a_distribution(cli: Cli, tmp_path: Path) -> None:
    def read(*words: str) -> Any:
        return json.loads(cli("cloudfront", *words, "--output", "json").stdout)

    made = read(
        "create-origin-access-control", "--origin-access-control-config", json.dumps(oac("site"))
    )
    (tmp_path / "config.json").write_text(json.dumps(config(made["OriginAccessControl"]["Id"])))
    created = read("create-distribution", "--distribution-config", "file://config.json")
    dist = created["Distribution"]["Id"]
    cli("cloudfront", "wait", "distribution-deployed", "--id", dist)

    current = read("get-distribution-config", "--id", dist)
    current["DistributionConfig"]["DefaultRootObject"] = "home.html"
    (tmp_path / "config.json").write_text(json.dumps(current["DistributionConfig"]))
    update = ["update-distribution", "--id", dist, "--distribution-config", "file://config.json"]
    read(*update, "--if-match", current["ETag"])
    assert (
        read("get-distribution-config", "--id", dist)["DistributionConfig"]
        == (current["DistributionConfig"])
    )
    stale = cli("cloudfront", *update, "--if-match", current["ETag"], status=255)
    assert "(PreconditionFailed)" in stale.stderr

    invalidation = read("create-invalidation", "--distribution-id", dist, "--paths", "/*")
    found = invalidation["Invalidation"]["Id"]
    cli("cloudfront", "wait", "invalidation-completed", "--distribution-id", dist, "--id", found)


def test_what_is_not_implemented_reads_clearly(cli: Cli, front: Front) -> None:
    failed = cli("cloudfront", "list-response-headers-policies", status=255)
    assert (
        "An error occurred (NotImplemented) when calling the ListResponseHeadersPolicies operation:"
        " cloudfront ListResponseHeadersPolicies is not implemented by the emulator moto:"
        " --cloud moto+ministack or --cloud localstack+ministack or --cloud ministack has it"
        in failed.stderr
    )
    assert len(front.calls()) == 1  # not retried


def test_a_web_identity_is_exchanged_and_remembered(cli: Cli, tmp_path: Path, front: Front) -> None:
    (tmp_path / "token").write_text("token")
    cli(
        "s3api",
        "list-buckets",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"),
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/deploy",
        AWS_ROLE_SESSION_NAME="emergency-42",
    )
    assert [(call.data["operation"], call.data["caller"]) for call in front.calls()] == [
        ("AssumeRoleWithWebIdentity", "anonymous"),
        ("ListBuckets", "emergency-42"),
    ]
