"""A staging environment that viewers can reach, and days held on it without any workflow."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from staging_cloud import ACCOUNT, ALIAS, BUCKET, Staging, every_incident

from harness.checks.release import expected_release
from harness.clock import SystemClock
from harness.cloud.calls import AwsCall
from harness.cloud.clients import Clients
from harness.cloud.gateway import Gateway
from harness.edge import BUCKET_CHANGES, Edge
from harness.gameday.aws import Account
from harness.gameday.course import Day, Ended
from harness.gameday.desk import Desk
from harness.gameday.pace import Pace
from harness.gameday.plan import Plan
from harness.gameday.stage import Stage
from harness.gameday.told import ToldJournal
from harness.journal import Journal, Record, read_journal
from harness.resources import reference_site
from harness.serving import Serving
from harness.settings import load_settings

QUICK = Pace(sample=0.1, look=0.2, shows=15.0, settles=15.0, pictures=0)


@dataclass(frozen=True)
class Reachable:
    """A staging environment behind an edge."""

    staging: Staging
    endpoint: str
    url: str


@contextmanager
def reachable(staging: Staging, directory: Path) -> Iterator[Reachable]:
    """Put an edge in front of a staging environment."""
    clock = SystemClock()
    # moto publishes no functions, and the edge runs none that is not published.
    found = staging.other.cloudfront.get_distribution_config(Id=staging.distribution)
    config: Any = found["DistributionConfig"]
    config["DefaultCacheBehavior"]["FunctionAssociations"] = {"Quantity": 0}
    staging.other.cloudfront.update_distribution(
        Id=staging.distribution, IfMatch=found["ETag"], DistributionConfig=config
    )
    with Journal(directory / "gateway.jsonl", clock=clock) as journal, Serving() as serving:
        gateway = Gateway(staging.emulator, journal=journal, clock=clock)
        endpoint = f"http://127.0.0.1:{serving.serve(gateway)}"
        socket = serving.bind()
        port = socket.getsockname()[1]
        with Clients(endpoint, "edge") as clients:
            edge = Edge(clients, clock, {port: ALIAS})

            async def tell(call: AwsCall) -> None:
                if call.service == "cloudfront" or call.operation in BUCKET_CHANGES:
                    await edge.refresh()

            gateway.subscribe(tell)
            serving.serve(edge, socket)
            serving.run(edge.refresh())
            yield Reachable(staging, endpoint, f"http://127.0.0.1:{port}")
            serving.run(gateway.aclose())


def plan_of(where: Reachable, *incidents: str, **changed: Any) -> Plan:
    """A plan for it."""
    success = {"detect": "1m", "decide": "2m", "recover": "3m", "methods": ["content_only"]}
    data: dict[str, Any] = {
        "title": "Game day",
        "environment": "staging",
        "url": f"https://{ALIAS}",
        "hypothesis": "it works",
        "checklist": ["Support knows"],
        "roles": {"facilitator": ["octo-ops"], "responder": ["octo-dev"]},
        "aws": {
            "account": ACCOUNT,
            "region": "us-east-1",
            "bucket": BUCKET,
            "distribution": where.staging.distribution,
        },
        "incidents": [
            {"incident": one, "hypothesis": "h", "time_box": "5m", "success": success}
            for one in incidents or ("html-truncated",)
        ],
        "stop": {"time_box": "20m"},
    }
    return Plan.model_validate(data | changed)


@contextmanager
def stage_at(where: Reachable, plan: Plan) -> Iterator[Stage]:
    """The stage on which a plan is held."""
    settings = load_settings(reference_site())
    # The CDN's headers are those of the site's own; the bucket alone is broken here.
    with (
        Account("us-east-1", endpoint=where.endpoint, access_key="AKIATEST") as account,
        httpx.Client(trust_env=False, timeout=5) as http,
    ):
        yield Stage(
            plan=plan,
            settings=settings,
            catalogue=every_incident(),
            aws=account,
            github=None,
            http=http,
            expected=expected_release(
                "v1.0.0", "0" * 40, reference_site() / "src", settings.headers
            ),
            url=where.url,
            new_id=lambda: "1",
        )


@dataclass
class Held:
    """A day that is being held in a thread of its own."""

    stage: Stage
    desk: Desk
    journal: ToldJournal
    directory: Path
    ended: Ended | None = None
    error: Exception | None = None
    reached: dict[str, threading.Event] = field(default_factory=dict)

    def hear(self, record: Record) -> None:
        """Know how far the day has come."""
        name = record.data.get("name") if record.kind == "phase" else record.kind
        self.reached.setdefault(str(name), threading.Event()).set()

    def until(self, what: str, within: float = 60) -> None:
        """Wait for a phase, or for the first record of a kind."""
        event = self.reached.setdefault(what, threading.Event())
        for _ in range(int(within / 0.1)):
            if event.wait(0.1):
                return
            assert self.error is None, self.error
            assert self.ended is None, self.ended
        raise AssertionError(f"{what} was not reached: {self.kinds()[-5:]}")

    def kinds(self) -> list[str]:
        return [record.kind for record in self.records()]

    def records(self, kind: str = "") -> list[Record]:
        found = read_journal(self.directory / "journal.jsonl")
        return [record for record in found if not kind or record.kind == kind]


@contextmanager
def held(stage: Stage, directory: Path) -> Iterator[Held]:
    """Begin a day; it is waited for at the end of the `with`."""
    clock = SystemClock()
    directory.mkdir(parents=True, exist_ok=True)
    with ToldJournal(directory / "journal.jsonl", clock=clock) as journal:
        desk = Desk(journal, clock=clock, checklist=stage.plan.checklist)
        one = Held(stage, desk, journal, directory)
        journal.listen(one.hear)
        day = Day(stage, desk, journal, directory, clock=clock, pace=QUICK)

        def go() -> None:
            try:
                one.ended = day.run()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                one.error = error

        thread = threading.Thread(target=go)
        thread.start()
        try:
            yield one
        finally:
            thread.join(timeout=60)
            if thread.is_alive():
                desk.stop("the test is over", "the test")
                thread.join(timeout=60)


Mend = Callable[[Held], None]


def mend_content(staging: Staging) -> None:
    """What the team's own workflow does: every page is uploaded again, and the caches forget."""
    site = reference_site() / "src"
    for file in sorted(site.rglob("*.html")):
        staging.other.s3.put_object(
            Bucket=BUCKET,
            Key=file.relative_to(site).as_posix(),
            Body=file.read_bytes(),
            ContentType="text/html",
            CacheControl="public, max-age=60",
            Metadata={"commit": "4f1c9b"},
            Tagging="layer=content",
        )


def forget(where: Reachable) -> None:
    """Let the edge forget, through the gateway that tells it."""
    with Clients(where.endpoint, "team") as clients:
        clients.cloudfront.create_invalidation(
            DistributionId=where.staging.distribution,
            InvalidationBatch={
                "Paths": {"Quantity": 1, "Items": ["/*"]},
                "CallerReference": "team",
            },
        )
