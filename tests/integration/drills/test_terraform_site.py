"""The site that deploys with Terraform, drilled; and two ways in which such sites fail on the night.

Each copy with a fault is made here by a small edit, and dispatched from the drill's own origin.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.drill import Drill
from harness.github.actors import Actor
from harness.journal import Journal, read_journal
from harness.resources import reference_site
from harness.runner.terraform import find_terraform
from harness.session import Options, Session

pytestmark = pytest.mark.integration

DEPLOY = Path(".github/workflows/deploy.yml")
STATE = "tarnmoor-terraform-state"
#: What a run that was cancelled while it applied leaves behind: hashicorp/setup-terraform#441.
LOCK = {
    "ID": "6f1c2a5e-7d0b-4c43-9d57-3f8a1f0c2b11",
    "Operation": "OperationTypeApply",
    "Who": "runner@fv-az",
    "Version": "1.11.4",
    "Created": "2026-01-05T03:00:00Z",
    "Path": f"{STATE}/site/staging.tfstate",
}

BeginDrill = Callable[[str], Drill]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """One for all workers: the first builds the baseline, the process above them all owns it."""
    if not find_terraform(environ=os.environ, home=Path.home()).here:
        if os.environ.get("CI"):
            pytest.fail("CI has Terraform: why is it not on PATH?")
        pytest.skip("neither terraform nor tofu is on PATH")
    base = tmp_path_factory.getbasetemp()
    among_workers = "PYTEST_XDIST_WORKER" in os.environ
    directory = (base.parent if among_workers else base) / "sitedrill-terraform"
    directory.mkdir(exist_ok=True)
    return Session(
        Options(
            site=reference_site().with_name("terraform"),
            cloud="moto+ministack",
            out=directory / "out",
        ),
        directory=directory,
        owner_pid=os.getppid() if among_workers else os.getpid(),
        clock=SystemClock(),
        say=print,
    )


@pytest.fixture
def begin(session: Session, tmp_path: Path) -> Iterator[BeginDrill]:
    """Begins drills of this site; each is closed at its end."""
    with ExitStack() as stack:

        def begin_one(name: str) -> Drill:
            journal = stack.enter_context(Journal(tmp_path / f"{name}.jsonl", clock=SystemClock()))
            drill = session.drill(name, feature="tests", scenario=name, journal=journal)
            return stack.enter_context(drill)

        yield begin_one


def edit(drill: Drill, old: str, new: str) -> None:
    """Change the way this site deploys, on its main branch."""
    origin = drill.world.origin

    def change(tree: Path) -> None:
        text = (tree / DEPLOY).read_text()
        assert old in text
        (tree / DEPLOY).write_text(text.replace(old, new))

    origin.commit(change, message="Simplify it", author=Actor("somebody"), when=origin.next_time())


def test_drift_is_noticed_at_the_refresh_and_mended(begin: BeginDrill) -> None:
    drill = begin("drift")
    drill.open("staging")
    drill.check_steady_state()
    drill.drift("cloudfront-wrong-origin")
    drill.see_symptom()
    drill.roll_back("infrastructure_only")
    verdict = drill.conclude("recovers")
    assert (verdict.verdict, verdict.causes) == ("met", ())
    records = read_journal(drill.journal.path)
    mended = [
        record
        for record in records
        if record.kind == "aws.call"
        and record.data["operation"] == "UpdateDistribution"
        and record.data["caller"].startswith("rollback-")
    ]
    assert len(mended) == 1
    assert {"terraform", "tofu"} <= drill.plan.versions.keys()


def test_a_rollback_that_applies_what_is_dispatched_is_found(begin: BeginDrill) -> None:
    drill = begin("wrong-checkout")
    drill.open("staging")
    edit(drill, "working-directory: target/infra", "working-directory: infra")
    drill.check_steady_state()
    drill.ship("cloudfront-wrong-origin")
    drill.see_symptom()
    drill.roll_back("infrastructure_only")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "unmet"
    assert any(cause.startswith("infrastructure was not restored: ") for cause in verdict.causes)
    assert any("/: answers 404" in cause for cause in verdict.causes), verdict.causes
    assert all("\n" not in cause for cause in verdict.causes)


def test_a_lock_that_a_cancelled_run_left_behind_is_found(begin: BeginDrill) -> None:
    drill = begin("stale-lock")
    drill.open("staging")
    edit(drill, "-lock-timeout=60s", "-lock-timeout=2s")
    drill.check_steady_state()
    drill.drift("cloudfront-wrong-origin")
    drill.see_symptom()
    drill.world.clients("drift").s3.put_object(
        Bucket=STATE, Key="site/staging.tfstate.tflock", Body=json.dumps(LOCK).encode()
    )
    drill.roll_back("infrastructure_only")
    verdict = drill.conclude("recovers")
    assert verdict.verdict == "unmet"
    told = [cause for cause in verdict.causes if cause.startswith("the run ended in failure: ")]
    assert told, verdict.causes
    assert "step Plan the infrastructure failed" in told[0]
    assert "state lock" in told[0]
    assert all("\n" not in cause for cause in verdict.causes)
