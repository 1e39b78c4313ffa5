"""Which wall stands around the runs of `--runner host`, when nobody says.

bubblewrap wherever it works. Where it does not, a workflow would run as the person who runs the drills:
that is for the site that ships with us, whose code is ours, and for those who say `--no-sandbox`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from harness.clock import Clock
from harness.errors import ToolMissingError
from harness.runner.bubblewrap import Bubblewrap, find_bubblewrap
from harness.runner.wall import OpenWall, Wall

#: What it means to run without.
MEANS = "with your files, your credentials and your network"


def choose_wall(
    *,
    sandbox: bool,
    foreign: Path | None,
    programs: Iterable[Path],
    readable: Iterable[Path],
    clock: Clock,
    say: Callable[[str], None],
    search: str | None = None,
) -> Wall:
    """The wall that holds here.

    Args:
        sandbox: False when somebody said `--no-sandbox`.
        foreign: the site under drill, None when it is the one that ships with us.
        programs: what runs start besides the system's.
        readable: what else they read.
        clock: whose time counts.
        say: told when there is no wall.
        search: where bubblewrap is looked for, PATH by default.

    Raises:
        ToolMissingError: there is no wall, and the site's code is not ours.
    """
    if not sandbox:
        say(f"no sandbox, as you asked: the site's workflows run {MEANS}")
        return OpenWall(clock)
    found = find_bubblewrap(search)
    if found.ready:
        return Bubblewrap(found, programs=programs, readable=readable, clock=clock)
    if foreign is not None:
        raise ToolMissingError(
            f"no sandbox for the workflows of {foreign}: bubblewrap is {found.problem}; "
            f"on this host they would run as you, {MEANS}",
            hint=f"{found.how_to_get}; or use --runner container; or say --no-sandbox if you "
            "trust them as you trust your own",
        )
    say(
        f"no sandbox: bubblewrap is {found.problem} ({found.how_to_get}); "
        f"the reference site's workflows run {MEANS}"
    )
    return OpenWall(clock)
