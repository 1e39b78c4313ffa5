"""Clients say who they are and read nothing of the person who runs them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.cloud.clients import Clients

pytestmark = pytest.mark.unit


def test_a_client_is_made_once_for_all_threads() -> None:
    with Clients("http://127.0.0.1:1", "edge") as clients, ThreadPoolExecutor(8) as pool:
        made = {id(client) for client in pool.map(lambda _: clients.s3, range(32))}
    assert len(made) == 1


def test_the_key_names_the_caller_and_the_endpoint_is_ours() -> None:
    with Clients("http://127.0.0.1:1", "checks", region="eu-west-1") as clients:
        for client in (clients.s3, clients.cloudfront, clients.sts, clients.iam):
            assert client.meta.endpoint_url == "http://127.0.0.1:1"
        url = clients.s3.generate_presigned_url("get_object", {"Bucket": "site", "Key": "a"})
    assert url.startswith("http://127.0.0.1:1/site/a?")
    assert "SITEDRILLCHECKS" in url


def test_somebodys_own_configuration_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = ap-south-1\nendpoint_url = http://real\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://real.invalid")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
    with Clients("http://127.0.0.1:1", "edge") as clients:
        url = clients.s3.generate_presigned_url("get_object", {"Bucket": "site", "Key": "a"})
        assert clients.s3.meta.region_name == "us-east-1"
    assert url.startswith("http://127.0.0.1:1/")
    assert "SITEDRILLEDGE" in url
