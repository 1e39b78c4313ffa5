"""How fast a game day goes: of a real one, and of one in a world of our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """How often is looked, and how long is waited, in seconds.

    Attributes:
        sample: between two samples of the site.
        look: between two looks at GitHub, alarms and the STOP object.
        shows: that a fault may take until viewers see it. CloudFront takes minutes.
        settles: that a site that was put back may take to be as it was.
        pictures: between two pictures of what viewers see; 0 for none.
    """

    sample: float = 1.0
    look: float = 5.0
    shows: float = 600.0
    settles: float = 900.0
    pictures: float = 5.0


#: In a world of our own everything is at once.
REHEARSAL = Pace(sample=0.25, look=0.5, shows=10.0, settles=20.0, pictures=2.0)
