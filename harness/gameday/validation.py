"""What is looked at once everything is over: the site, its caches, the infrastructure.

for area in validate(stage):
    area.name, area.findings, area.looked_at
"""

from __future__ import annotations

import hashlib
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from harness.checks.differences import differences
from harness.checks.fetching import Answer, ask
from harness.gameday.stage import Stage
from harness.live import read

#: Seconds that one command about drift may take.
DRIFT_WITHIN = 900
#: Addresses of one name that are asked: CloudFront gives a handful.
MOST_ADDRESSES = 8


@dataclass(frozen=True)
class Area:
    """One thing that was looked at: what was found wrong, and what was looked at."""

    name: str
    findings: tuple[str, ...]
    looked_at: str


def validate(stage: Stage) -> list[Area]:
    """Everything, in the order a person would look; nothing is changed."""
    findings = stage.findings()
    files = len(stage.expected.files)
    return [
        Area(
            "pages, headers and links",
            tuple(findings),
            f"{files} files of {stage.expected.name}, and every link between them",
        ),
        _caches(stage),
        _drift(stage),
    ]


def _caches(stage: Stage) -> Area:
    """What the caches hold that can be asked from here.

    Which of CloudFront's points of presence answers, it says itself (`X-Amz-Cf-Pop`); asked are all
    addresses that the site's name has here, and those that the plan names.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html
    """
    found, seen = [], []
    for where, answer in _asked(stage):
        wanted = stage.expected.file("/index.html")
        pop = answer.headers.get("X-Amz-Cf-Pop", "an unnamed place")
        cache = answer.headers.get("X-Cache", "no X-Cache")
        age = answer.headers.get("Age")
        seen.append(f"{pop} ({where}): {cache}" + (f", {age} s old" if age else ""))
        if answer.status != 200:
            found.append(f"{where}: / {answer.says}")
        elif wanted is not None and answer.sha256 != wanted.sha256:
            found.append(f"{where}: / at {pop} is not {stage.expected.name}'s ({cache})")
    return Area("caches", tuple(found), "; ".join(seen) or "none could be asked")


def _asked(stage: Stage) -> Iterator[tuple[str, Answer]]:
    parts = urlsplit(stage.url)
    if parts.scheme == "https":
        host = parts.hostname or ""
        for address in _addresses(host, parts.port or 443):
            # The certificate is the site's, whatever address answers.
            target = f"https://[{address}]" if ":" in address else f"https://{address}"
            with httpx.Client(
                headers={"Host": host}, timeout=10, verify=ssl.create_default_context()
            ) as http:
                request = http.build_request("GET", f"{target}/")
                request.extensions["sni_hostname"] = host
                yield address, _sent(http, request)
    else:
        yield parts.netloc, ask(stage.http, f"{stage.url}/")
    for other in stage.plan.after.addresses:
        yield other, ask(stage.http, f"{other.rstrip('/')}/")


def _sent(http: httpx.Client, request: httpx.Request) -> Answer:
    try:
        response = http.send(request)
    except httpx.HTTPError as error:
        return Answer(status=0, error=f"{type(error).__name__}: {error}")
    return Answer(
        status=response.status_code,
        headers=response.headers,
        body=response.content,
        sha256=hashlib.sha256(response.content).hexdigest(),
    )


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return list(dict.fromkeys(str(one[4][0]) for one in found))[:MOST_ADDRESSES]


def _drift(stage: Stage) -> Area:
    """Where the infrastructure is not as the repository says."""
    found, looked = [], []
    for command in stage.plan.after.drift:
        looked.append(f"`{command}`")
        try:
            done = subprocess.run(
                ["bash", "-ec", command],
                cwd=stage.folder,
                capture_output=True,
                text=True,
                timeout=DRIFT_WITHIN,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            found.append(f"`{command}` could not be run: {error}")
            continue
        if done.returncode != 0:
            last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["no word"]
            found.append(f"`{command}` ends with {done.returncode}: {last[0]}")
    template = stage.tree / "infra" / "distribution.json" if stage.tree else None
    if template is not None and template.is_file() and stage.plan.aws.distribution:
        looked.append(f"infra/distribution.json of {stage.expected.name}")
        try:
            live = read(stage.aws, "distribution", stage.plan.aws.distribution).config
            found += _unlike(json.loads(template.read_text(encoding="utf-8")), live)
        except (ClientError, BotoCoreError, ValueError) as error:
            found.append(f"infra/distribution.json cannot be compared: {error}")
    return Area(
        "infrastructure against the repository",
        tuple(found),
        ", ".join(looked) or "nothing: after.drift names no command",
    )


def _unlike(written: Any, live: Any) -> list[str]:
    """Where what is written is not what is live; what is filled in at deployment is not compared."""
    return [
        f"infra/distribution.json: {line}"
        for line in differences(_settled(written), _as_written(live, written))
    ]


def _settled(written: Any) -> Any:
    if isinstance(written, Mapping):
        return {key: _settled(value) for key, value in written.items() if not _is_open(value)}
    if isinstance(written, list):
        return [_settled(value) for value in written if not _is_open(value)]
    return written


def _as_written(live: Any, written: Any) -> Any:
    """Of what is live, only what is written as well: AWS fills in the rest."""
    if isinstance(written, Mapping) and isinstance(live, Mapping):
        return {
            key: _as_written(live[key], value)
            for key, value in written.items()
            if key in live and not _is_open(value)
        }
    if isinstance(written, list) and isinstance(live, list) and len(written) == len(live):
        pairs = zip(live, written, strict=True)
        return [_as_written(one, other) for one, other in pairs if not _is_open(other)]
    return live


def _is_open(value: Any) -> bool:
    return isinstance(value, str) and "${" in value
