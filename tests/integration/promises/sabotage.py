"""A pytest plugin: in every drill the site's repository is changed before anything happens.

SABOTAGE holds the changes as JSON: by file, pairs of a passage and what stands there instead.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from harness.drill import Drill
from harness.github.actors import Actor

_OPENED = Drill.open


def _open_and_sabotage(drill: Drill, *args: Any, **named: Any) -> None:
    _OPENED(drill, *args, **named)
    changes = json.loads(os.environ["SABOTAGE"])

    def change(tree: Path) -> None:
        for name, passages in changes.items():
            text = (tree / name).read_text(encoding="utf-8")
            for old, new in passages:
                if text.count(old) != 1:
                    raise AssertionError(f"{name} has {text.count(old)} times: {old}")
                text = text.replace(old, new)
            (tree / name).write_text(text, encoding="utf-8")

    origin = drill.world.origin
    origin.commit(change, message="Simplify", author=Actor("somebody"), when=origin.next_time())
    drill.world.control.pushes.unseen()


Drill.open = _open_and_sabotage  # type: ignore[method-assign]
