"""The emulator's own process: moto, mended, behind the server that can fork itself.

python -m harness.cloud.moto.process --owner-pid PID --port-file FILE [--plain]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

# Objects above moto's buffer size go to temporary files, and a fork would share their offsets: keep
# them in memory. moto reads this when it is imported.
os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(1 << 30)

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.test import Client

from harness.cloud.forking import QuietHandler, run
from harness.cloud.moto import fixes
from harness.cloud.moto.coverage import implemented

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: Asked once before anybody else asks, so that no clone has to load their models: service to a
#: request that changes nothing.
WARM_UP: Mapping[str, tuple[str, str]] = {
    "s3": ("GET", "/"),
    "cloudfront": ("GET", "/2020-05-31/distribution"),
    "sts": ("POST", "/?Action=GetCallerIdentity"),
    "iam": ("POST", "/?Action=ListRoles"),
}


class QuietMotoHandler(QuietHandler, MotoRequestHandler):
    """moto's request handler, without a line on stderr for each request."""


class Moto:
    """moto as one WSGI app."""

    def __init__(self) -> None:
        """Warm moto up."""
        self._app = DomainDispatcherApplication(create_backend_app)
        self._operations: dict[str, list[str]] = {}
        client = Client(self._app)
        for service, (method, path) in WARM_UP.items():
            scope = f"AWS4-HMAC-SHA256 Credential=WARM/20260101/us-east-1/{service}/aws4_request"
            client.open(path, method=method, headers={"Authorization": scope}).close()
            self.operations(service)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer

    def operations(self, service: str) -> list[str]:
        """The operations moto has of a service."""
        if service not in self._operations:
            self._operations[service] = implemented(service, self._app)
        return self._operations[service]


def _mended(options: argparse.Namespace) -> Moto:
    if not options.plain:
        fixes.apply()
    return Moto()


def main(arguments: list[str] | None = None) -> None:
    """Run the process until it is stopped or its owner is gone."""
    parser = argparse.ArgumentParser(prog="harness.cloud.moto.process", description=__doc__)
    parser.add_argument("--plain", action="store_true", help="moto as it is, without our fixes")
    run(_mended, parser=parser, handler=QuietMotoHandler, arguments=arguments)


if __name__ == "__main__":
    main()
