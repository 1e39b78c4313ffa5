"""A site whose emergency workflow attacks the machine it runs on, and what must be true afterwards.

The same for every runner: `hostile_site(folder)` makes it, `Trap` stands where it must not reach.
"""

from __future__ import annotations

import base64
import shutil
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from harness.resources import reference_site

EMERGENCY = Path(".github/workflows/emergency.yml")
#: Runs of these numbers of seconds are the attack's own daemons.
SLEEPS = ("4711", "4712", "4713")
CANARY = "canary-in-the-persons-credentials"
MARK = "sitedrill-hostile-was-here"
_ATTACK = """
      - name: Attack
        shell: bash --noprofile --norc {0}
        env: { KEY: "${{ secrets.GITHUB_TOKEN }}" }
        run: |
          cat HOME_/.aws/credentials ~/.aws/credentials /proc/1/root/HOME_/.aws/credentials
          for place in /usr/local/bin HOME_ /etc /var/tmp /opt; do
            echo x > "$place/MARK_"; sudo sh -c "echo x > $place/MARK_"
          done
          curl -sS -m 3 http://127.0.0.1:PORT_/; curl -sS -m 3 http://1.1.1.1/; curl -sS -m 3 https://example.com/
          curl -sS -m 3 --unix-socket /var/run/docker.sock http://docker/info && echo "SAW docker"
          echo "$KEY"; echo "$KEY" | base64; echo "x-access-token:$KEY" | base64 -w 0; echo
          for n in $(seq 200); do sleep 4711 & done
          head -c 64M /dev/zero > /tmp/filled
          (env -i setsid bash -c "trap '' TERM HUP INT; while :; do sleep 4712; done" > /dev/null 2>&1 &)
          (trap '' TERM; setsid sleep 4713 > /dev/null 2>&1 &)
          echo "the attack is over"
          true
"""


def hostile_site(folder: Path, *, home: Path, port: int) -> Path:
    """The reference site with the attack as the first step of its emergency workflow."""
    shutil.copytree(reference_site(), folder)
    file = folder / EMERGENCY
    text = file.read_text()
    attack = _ATTACK.replace("HOME_", str(home)).replace("MARK_", MARK).replace("PORT_", str(port))
    head, steps, rest = text.partition("    steps:\n")
    file.write_text(head + steps + attack.lstrip("\n") + "\n" + rest)
    return folder


@dataclass
class Trap:
    """A person's HOME with credentials in it, and a server of this machine; `reached` must stay empty."""

    home: Path
    reached: list[object] = field(default_factory=list)

    def __enter__(self) -> Trap:
        """Plant the credentials, open the port."""
        (self.home / ".aws").mkdir(parents=True)
        (self.home / ".aws" / "credentials").write_text(CANARY)
        self._server = socket.create_server(("0.0.0.0", 0))  # noqa: S104 - reachable, if at all
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the port."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._server.close()

    def _listen(self) -> None:
        while True:
            try:
                one, where = self._server.accept()
            except OSError:
                return
            self.reached.append(where)
            one.close()

    def assert_contained(self, out: Path, console: str) -> None:
        """Nothing outside was read, changed or reached, nothing is left, no secret was written."""
        assert self.reached == []
        changed = ("/usr/local/bin", "/etc", "/opt", "/var/tmp", str(self.home))  # noqa: S108
        assert [place for place in changed if (Path(place) / MARK).exists()] == []
        left = [p for p in psutil.process_iter(["cmdline"]) if _ours(p.info["cmdline"])]
        assert left == []
        written = {
            file: file.read_text(errors="replace") for file in out.rglob("*") if file.is_file()
        }
        attacked = [text for text in written.values() if "the attack is over" in text]
        assert attacked, "the attack never ran"
        tokens = ("ghs_", base64.b64encode(b"ghs_")[:5].decode())
        for name, text in {**written, Path("console"): console}.items():
            # The attack's own text names what it looks for; what it found would stand alone.
            for word in (CANARY, "SAW docker", *tokens):
                assert word not in text, f"{word} in {name}"


def _ours(command: list[str] | None) -> bool:
    return bool(command) and command[0].endswith("sleep") and command[-1] in SLEEPS
