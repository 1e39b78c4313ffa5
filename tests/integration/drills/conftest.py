from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.clock import SystemClock
from harness.drill import Drill
from harness.journal import Journal
from harness.session import Session

BeginDrill = Callable[[str], Drill]


@pytest.fixture
def begin(drill_session: Session, tmp_path: Path) -> Iterator[BeginDrill]:
    """Begins drills that a test conducts itself; each is closed at its end."""
    with ExitStack() as stack:

        def begin_one(name: str) -> Drill:
            journal = stack.enter_context(Journal(tmp_path / f"{name}.jsonl", clock=SystemClock()))
            return stack.enter_context(
                drill_session.drill(name, feature="tests", scenario=name, journal=journal)
            )

        yield begin_one
