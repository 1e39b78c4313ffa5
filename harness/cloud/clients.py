"""boto3 clients for the world's one AWS endpoint, for the edge, the checks and injected drift.

    with Clients(endpoint, caller="edge") as clients:
        clients.s3.get_object(Bucket="site", Key="index.html")

Nothing of the person running sitedrill is read: no profile, no credentials, no proxy.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from harness.cloud.calls import access_key_for

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

#: Seconds; everything is on this machine.
CONNECT_TIMEOUT = 5
READ_TIMEOUT = 60
#: The session variables that would let somebody's own configuration in.
_NOT_OURS: dict[str, tuple[None, None, Any, None]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
    "ca_bundle": (None, None, None, None),
}


class Clients:
    """Clients of one caller, each made when it is first used; safe to share between threads."""

    def __init__(
        self, endpoint: str, caller: str, region: str = "us-east-1", access_key: str = ""
    ) -> None:
        """Nothing is connected yet.

        Args:
            endpoint: the gateway's URL.
            caller: whose calls the journal says these are: "edge", "checks", "drift"...
            region: for the signature.
            access_key: signs instead of the caller's own.
        """
        self.endpoint = endpoint
        self.caller = caller
        self.region = region
        self._access_key = access_key or access_key_for(caller)
        self._lock = threading.Lock()
        self._made: dict[str, Any] = {}
        self._session: boto3.session.Session | None = None

    @property
    def s3(self) -> S3Client:
        """S3, addressed by path."""
        client: S3Client = self._client("s3")
        return client

    @property
    def cloudfront(self) -> CloudFrontClient:
        """CloudFront."""
        client: CloudFrontClient = self._client("cloudfront")
        return client

    @property
    def sts(self) -> STSClient:
        """STS."""
        client: STSClient = self._client("sts")
        return client

    @property
    def iam(self) -> IAMClient:
        """IAM."""
        client: IAMClient = self._client("iam")
        return client

    def close(self) -> None:
        """Close the connections; the clients must not be used afterwards."""
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()

    def __enter__(self) -> Clients:
        """For the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _client(self, service: str) -> Any:
        made = self._made.get(service)
        if made is not None:
            return made
        with self._lock:
            if service not in self._made:
                if self._session is None:
                    self._session = _session()
                self._made[service] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=self.endpoint,
                    region_name=self.region,
                    aws_access_key_id=self._access_key,
                    aws_secret_access_key="unused",  # noqa: S106 - no emulator verifies
                    config=Config(
                        connect_timeout=CONNECT_TIMEOUT,
                        read_timeout=READ_TIMEOUT,
                        retries={"total_max_attempts": 2, "mode": "standard"},
                        max_pool_connections=32,
                        proxies={},
                        s3={"addressing_style": "path"},
                        request_checksum_calculation="when_required",
                        response_checksum_validation="when_required",
                    ),
                )
            return self._made[service]


def _session() -> boto3.session.Session:
    session = botocore.session.Session(session_vars=_NOT_OURS)
    session.register_component("data_loader", _service_models())
    return boto3.session.Session(botocore_session=session)


@cache
def _service_models() -> Loader:
    """botocore's service models, read once a process: they never change, and reading takes most of
    the time that making a client takes.
    """
    return Loader(include_default_search_paths=True)
