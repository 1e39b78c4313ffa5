"""moto as the embedded emulator: AWS in one process, cloned by fork.

`MotoEmulator` (in `emulator.py`) is what the rest of sitedrill uses. The other modules run inside
the emulator's own process only, and are the only ones that import moto: `process.py` serves it,
`fixes.py` and `distributions.py` mend what moto 5.2.5 loses, `coverage.py` says which operations it
has.

    template = MotoEmulator.start(owner_pid=os.getpid(), directory=tmp, clock=clock)
    world = template.clone(owner_pid=os.getpid())      # milliseconds: copy-on-write

    template process ──POST /_sitedrill/fork──> os.fork() ──> clone on a port of its own
    (baseline state)                                          (same state, changes stay here)
"""

from __future__ import annotations

from harness.cloud.moto.emulator import MotoEmulator

__all__ = ["MotoEmulator"]
