"""What was there before each change, on disk before the change is made, and the way back.

ledger.py     the file: what is written is on the disk before anything goes on
undoing.py    capture, make, put back, compare

undo = Undo.capture(directory, aws, changes, watched)   # on disk, and read back
undo.make(0)
...
undo.restore()                                           # any number of times, by any process
"""

from __future__ import annotations

from harness.gameday.undo.ledger import Ledger
from harness.gameday.undo.undoing import Outcome, Undo, Watched

__all__ = ["Ledger", "Outcome", "Undo", "Watched"]
