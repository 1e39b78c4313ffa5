"""Days held by a process of its own, that can be killed at any moment."""

from __future__ import annotations

import functools
import hashlib
import http.server
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from staging_cloud import ACCOUNT, ALIAS, BUCKET, every_incident

from harness.checks.release import expected_release
from harness.clock import SystemClock
from harness.gameday.aws import Account
from harness.gameday.holding import hold
from harness.gameday.pace import Pace
from harness.gameday.plan import Plan
from harness.gameday.stage import Stage
from harness.gameday.sturdy import Sturdy
from harness.resources import reference_site
from harness.settings import load_settings


@dataclass(frozen=True)
class Where:
    """Everything that the process has to know."""

    endpoint: str
    url: str
    distribution: str
    incident: str
    directory: str
    time_box: str = "1s"


class _Pages(http.server.SimpleHTTPRequestHandler):
    """Viewers get the pages, whatever becomes of AWS: what is looked at here is AWS alone."""

    protocol_version = "HTTP/1.1"

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def viewers_get_the_pages(folder: Path | None = None) -> Iterator[str]:
    """A site that is always well; its address."""
    pages = functools.partial(_Pages, directory=str(folder or reference_site() / "src"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), pages)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hold_one(where: Where) -> None:
    """Hold a day of one incident, as the command does; in the process that is to be killed."""
    plan = Plan.model_validate(
        {
            "title": "Game day",
            "environment": "staging",
            "url": f"https://{ALIAS}",
            "hypothesis": "it works",
            "roles": {"facilitator": ["octo-ops"], "responder": ["octo-dev"]},
            "aws": {
                "account": ACCOUNT,
                "region": "us-east-1",
                "bucket": BUCKET,
                "distribution": where.distribution,
            },
            "incidents": [
                {
                    "incident": where.incident,
                    "hypothesis": "h",
                    "time_box": where.time_box,
                    "success": {"detect": "1s", "decide": "1s", "recover": "1s"},
                }
            ],
            "stop": {"time_box": "10m"},
        }
    )
    settings = load_settings(reference_site()).model_copy(update={"headers": {}})
    expected = expected_release("v1.0.0", "0" * 40, reference_site() / "src", {})
    # Python's server calls an icon and a manifest something else than the site's pipeline does.
    files = tuple(
        type(file)(file.path, file.sha256, (), file.size, {}) if not file.is_html else file
        for file in expected.files
    )
    directory = Path(where.directory)
    directory.mkdir(parents=True, exist_ok=True)
    with (
        Account("us-east-1", endpoint=where.endpoint, access_key="AKIATEST") as account,
        httpx.Client(trust_env=False, timeout=10) as viewer,
    ):
        stage = Stage(
            plan=plan,
            settings=settings,
            catalogue=every_incident(),
            aws=account,
            github=None,
            http=viewer,
            expected=type(expected)("v1.0.0", "0" * 40, files, expected.error_page),
            url=where.url,
            new_id=lambda: hashlib.sha256(where.directory.encode()).hexdigest()[:8],
        )
        hold(
            stage,
            directory,
            clock=SystemClock(),
            console=Console(file=Sturdy()),  # type: ignore[arg-type]
            pace=Pace(sample=0.2, look=0.4, shows=0.5, settles=2.0, pictures=0),
            serve=False,
        )


if __name__ == "__main__":
    hold_one(Where(*sys.argv[1:]))
