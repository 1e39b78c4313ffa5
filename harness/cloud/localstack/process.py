"""The emulator's own process: LocalStack's gateway behind the server that can fork itself.

    python -m harness.cloud.localstack.process --owner-pid PID --port-file FILE

LocalStack's own server has threads, and a process with threads must not fork. Its gateway is a WSGI
app as well (https://github.com/localstack/rolo), which needs none.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from localstack import constants
from werkzeug.test import Client

from harness.cloud.forking import run

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Asked once before anybody else asks, so that no clone has to load their providers.
WARM_UP = (
    ("s3", "GET", "/"),
    ("sts", "POST", "/?Action=GetCallerIdentity&Version=2011-06-15"),
    ("iam", "POST", "/?Action=ListRoles&Version=2010-05-08"),
)


class LocalStack:
    """LocalStack as one WSGI app."""

    def __init__(self, account: str) -> None:
        """Warm LocalStack up; everything belongs to `account`."""
        # Copied by name into the modules that use it, so it must be set before they are imported.
        constants.DEFAULT_AWS_ACCOUNT_ID = account
        from localstack import config  # noqa: PLC0415
        from localstack.aws.app import LocalstackAwsGateway  # noqa: PLC0415
        from localstack.services.plugins import SERVICE_PLUGINS  # noqa: PLC0415
        from localstack.services.s3.storage import ephemeral  # noqa: PLC0415
        from rolo.gateway.wsgi import WsgiGateway  # noqa: PLC0415

        # Its index of all services takes seconds to make, and is kept there.
        Path(config.dirs.cache).mkdir(parents=True, exist_ok=True)
        # Larger objects go to temporary files, and a fork would share their offsets.
        ephemeral.S3_MAX_FILE_SIZE_BYTES = 1 << 30
        self._app = WsgiGateway(LocalstackAwsGateway(SERVICE_PLUGINS))
        client = Client(self)
        for service, method, path in WARM_UP:
            scope = f"AWS4-HMAC-SHA256 Credential=WARM/20260101/us-east-1/{service}/aws4_request"
            client.open(path, method=method, headers={"Authorization": scope}).close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def operations(self, service: str) -> list[str] | None:
        """LocalStack does not tell."""
        del service
        return None


def main(arguments: list[str] | None = None) -> None:
    """Run the process until it is stopped or its owner is gone."""
    parser = argparse.ArgumentParser(prog="harness.cloud.localstack.process", description=__doc__)
    parser.add_argument("--account", required=True)
    run(lambda options: LocalStack(options.account), parser=parser, arguments=arguments)


if __name__ == "__main__":
    main()
