"""Journals as drills write them, without drills: for tests only."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from harness.journal import Journal

BEGAN = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands still until it is told to go on; also what `t` seconds are."""

    t: float = 0.0

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.t)

    def monotonic(self) -> float:
        return self.t

    def sleep(self, seconds: float) -> None:
        self.t += seconds


@dataclass
class WrittenDrill:
    """The data of one drill's records; a test changes what it is about."""

    name: str
    feature: str = "Broken by a bad release"
    scenario: str = "The origin is wrong"
    incident: str | None = "cloudfront-wrong-origin"
    layer: str = "infrastructure"
    via: str = "release"
    environment: str = "prod"
    operation: str = "rollback"
    method: str | None = "last_known_good"
    expected: str = "recovers"
    observed: str = "recovers"
    verdict: str = "met"
    causes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    approved_by: list[str] = field(default_factory=list)
    complete: bool | None = None
    contradictions: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    reason: str = "the home page answers 403"
    line: str = "deployed 14 files"
    step_outcome: str = "success"
    recovery_seconds: float | None = 3.2
    world_seconds: float = 0.2
    probes: int = 60
    starts_at: float = 0.0
    screenshots: bool = False
    repository: str = "harbourlight/website"
    commit: str | None = "5e" * 20
    #: the drill is killed before the record of this kind (or the phase of this name) is written
    killed_before: str = ""

    def records(self) -> list[tuple[float, str, dict[str, Any]]]:
        """What is written, each with the seconds that passed since the start."""
        back = self.observed == "recovers"
        run = {"run": 3}
        step = {**run, "job": "rollback"}
        calls = [
            (7.0 + i / 10, "aws.call", self._call(operation))
            for i, operation in enumerate(("UpdateDistribution", "CreateInvalidation"))
        ]
        probes = [
            (1.0 + i * 0.2, "probe", self._probe(1.0 + i * 0.2, back)) for i in range(self.probes)
        ]
        told = [
            (0.0, "drill.started", {
                "drill": self.name, "feature": self.feature, "scenario": self.scenario,
                "seed": 7, "runner": "host", "cloud": "moto",
                "site": {"repository": self.repository, "commit": self.commit},
                "versions": {"act": "0.2.80", "moto": "5.2.5"},
            }),
            (0.01, "drill.planned", {
                "incident": self.incident, "layer": self.layer, "via": self.via,
                "environment": self.environment, "operation": self.operation,
                "method": self.method, "expected": self.expected,
            }),
            (0.02, "phase", {"name": "world"}),
            (0.02 + self.world_seconds, "world.ready", {
                "seconds": self.world_seconds, "cloned": True,
                "endpoint": "http://127.0.0.1:4566", "site_url": "http://127.0.0.1:4101",
            }),
            (0.9, "phase", {"name": "steady"}),
            (1.2, "steady", {"healthy": True, "findings": []}),
            (1.3, "phase", {"name": "inject"}),
            (2.5, "injected", {
                "incident": self.incident, "via": self.via,
                "release": "v1.2.0" if self.via == "release" else None, "commit": "c0ffee" * 6,
            }),
            (2.6, "phase", {"name": "symptom"}),
            (3.0, "symptom", {"visible": True, "detail": "/ answers 403", "seconds": 0.4}),
            (3.1, "phase", {"name": "respond"}),
            (3.2, "dispatched", {
                "run": 3, "workflow": "emergency.yml", "ref": "main", "sha": "ab" * 20,
                "actor": "mira", "environment": self.environment, "operation": self.operation,
                "method": self.method, "reason": self.reason, "target": "v1.1.0", "inputs": {},
            }),
            (3.3, "run.started", {**run, "workflow": "emergency.yml", "role": "response"}),
            (3.4, "job.started", {**step}),
            (3.5, "step.started", {**step, "step": "Resolve the target"}),
            (4.0, "step.finished", {
                **step, "step": "Resolve the target", "outcome": "success", "seconds": 0.5,
            }),
            (4.1, "step.started", {**step, "step": "Deploy"}),
            (5.0, "step.output", {**step, "step": "Deploy", "line": self.line}),
            *calls,
            (7.5, "tag", {
                "name": "v0.0.0-rollback.20260105100003", "commit": "ab" * 20, "annotated": True,
                "message": f"who: mira\nwhy: {self.reason}", "tagger": "mira",
            }),
            (8.0, "step.finished", {
                **step, "step": "Deploy", "outcome": self.step_outcome, "seconds": 3.9,
            }),
            (8.1, "step.summary", {
                **step, "step": "Deploy", "markdown": f"## Rollback\n\n{self.reason}",
            }),
            (8.2, "job.finished", {**step, "outcome": self.step_outcome}),
            (8.3, "run.finished", {
                **run, "conclusion": self.step_outcome, "exit_code": 0, "seconds": 5.0,
            }),
            (9.0, "phase", {"name": "observe"}),
            (12.0, "recovery", {
                "recovered": back, "release": {"content": "v1.1.0", "infrastructure": "v1.1.0"},
                "findings": self.findings, "files": 14, "links": 40,
            }),
            (12.1, "layer", {
                "layer": "content", "promise": "restored", "held": back, "detail": "14 files",
            }),
            (12.2, "audit", {
                "who": "mira", "what": "rollback to v1.1.0", "when": "2026-01-05T10:00:03Z",
                "why": None if self.missing else self.reason,
                "complete": not self.missing if self.complete is None else self.complete,
                "missing": self.missing, "findings": self.contradictions,
                "unattributed": self.strangers, "approved_by": self.approved_by,
                "places": {"who": ["tag", "AWS calls"], "whom": ["nowhere"]},
            }),
            (12.9, "phase", {"name": "verdict"}),
            (12.95, "gherkin", {
                "file": "features/bad-release.feature", "scenario_line": 8, "line": 9,
                "keyword": "Given", "text": "v1.1.0 is live in prod", "seconds": 1.2,
                "outcome": "passed",
            }),
            (13.0, "verdict", {
                "expected": self.expected, "observed": self.observed, "verdict": self.verdict,
                "causes": self.causes, "recovery_seconds": self.recovery_seconds if back else None,
                "time_to_deploy_seconds": 4.8, "availability": 0.71,
            }),
            (13.1, "drill.finished", {"seconds": 13.1}),
        ]  # fmt: skip
        if self.screenshots:
            told += [
                (t, "screenshot", {
                    "moment": moment, "path": "/", "type": "image/webp", "width": 640,
                    "height": 400, "seconds": 0.5, "data": picture(colour),
                })
                for t, moment, colour in (
                    (1.3, "before", ""), (3.0, "broken", "red"), (12.3, "after", ""),
                )
            ]  # fmt: skip
        return sorted([*told, *probes], key=lambda record: record[0])

    def write(self, journals_dir: Path) -> Path:
        """Write the journal, up to where the drill is killed."""
        clock = FakeClock(self.starts_at)
        with Journal(journals_dir / f"{self.name}.jsonl", clock=clock) as journal:
            for t, kind, data in self.records():
                if self.killed_before in {kind, data.get("name")}:
                    break
                clock.t = self.starts_at + t
                journal.write(kind, **data)
        return journal.path

    def _probe(self, t: float, back: bool) -> dict[str, Any]:
        healthy = t < 2.5 or (back and t > 6.4)
        return {
            "healthy": healthy, "path": "/", "status": 200 if healthy else 403,
            "reason": "" if healthy else "403", "seconds": 0.01, "x_cache": "Hit from cloudfront",
        }  # fmt: skip

    def _call(self, operation: str) -> dict[str, Any]:
        return {
            "caller": "emergency", "access_key": "ASIAEXAMPLE", "service": "cloudfront",
            "operation": operation, "params": {}, "status": 200, "error": "", "mutating": True,
            "seconds": 0.02,
        }  # fmt: skip


@cache
def picture(colour: str) -> str:
    """A blue page, with a box of this colour from 100, 50 to 199, 149."""
    image = Image.new("RGB", (640, 400), "navy")
    if colour:
        image.paste(colour, (100, 50, 200, 150))
    data = io.BytesIO()
    image.save(data, "WEBP", lossless=True)
    return b64encode(data.getvalue()).decode()


Drills = Callable[..., Path]
