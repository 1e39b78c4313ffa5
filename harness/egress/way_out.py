"""A world's way out: the port at which its runs meet the proxy, and the application behind it.

with WayOut(egress, serving, proxy) as way_out:
    environment |= way_out.environment(run, directory)
    ...
    way_out.dismiss(run)
"""

from __future__ import annotations

from pathlib import Path

from harness.egress.door import Door
from harness.egress.egress import Egress
from harness.egress.proxy import Proxy
from harness.egress.trust import outward_environment
from harness.serving import Serving


class WayOut:
    """Open for as long as its world."""

    def __init__(self, egress: Egress, serving: Serving, proxy: Proxy) -> None:
        """Nothing listens before `__enter__`.

        Args:
            egress: answers.
            serving: on whose loop.
            proxy: the session's, started when first somebody comes.
        """
        self._egress = egress
        self._serving = serving
        self._proxy = proxy
        self._door = Door(egress, proxy.port)
        self._app_port = 0
        #: Where runs meet the proxy.
        self.port = 0

    def __enter__(self) -> WayOut:
        """Listen."""
        self._app_port = self._serving.serve(self._egress)
        sock = self._serving.bind()
        self.port = sock.getsockname()[1]
        self._serving.run(self._door.open(sock))
        return self

    def __exit__(self, *_: object) -> None:
        """Let nobody through any more."""
        self._serving.run(self._door.close())

    def environment(self, run: str, directory: Path) -> tuple[dict[str, str], str]:
        """What a run is given to find its way, and the secret in it.

        Args:
            run: who asks.
            directory: a folder of the run's own, for what must be files.
        """
        token = self._egress.admit(run)
        variables = outward_environment(
            directory,
            certificate=self._proxy.certificate,
            door=self.port,
            app=self._app_port,
            run=run,
            token=token,
        )
        return variables, token

    def dismiss(self, run: str) -> None:
        """The run is over."""
        self._egress.dismiss(run)
