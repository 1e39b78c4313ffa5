"""The runner image: what it is called, and how it is made when it is not there.

    tag = ensure_image(engine, cache, say=print)        # "sitedrill-runner:4f0c1d2e3a4b"

Its tag is the hash of what goes into it, so another Dockerfile or another act is another image, and the
same one is never built twice. The base is an image that the engine has or can fetch, or, where no
registry can be reached, one that debootstrap makes (https://wiki.debian.org/Debootstrap).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from harness.errors import ProcessError, ToolMissingError
from harness.processes import run_tool
from harness.runner.engine import Engine
from harness.runner.tools import ACT_VERSION, ensure_act

NAME = "sitedrill-runner"
#: What the image stands on, unless another base is named.
BASE = "debian:trixie-slim"
#: Says that the base is to be made here.
DEBOOTSTRAP = "debootstrap"
#: The Debian release that we make a base of: the one of `BASE`.
SUITE = "trixie"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
#: Seconds: to fetch a base, to make one, to build on it.
FETCH_WITHIN, MAKE_WITHIN, BUILD_WITHIN = 300.0, 900.0, 1200.0

_BASE_NAME = f"sitedrill-base:{SUITE}"
#: How both of Docker's builders begin a step: "Step 2/4 : RUN ...", "#7 [2/4] RUN ...".
_STEP = re.compile(r"^(Step \d+/\d+ : |#\d+ \[\d+/\d+\] )")


def image_tag() -> str:
    """What the image of this sitedrill is called."""
    told = hashlib.sha256(DOCKERFILE.read_bytes())
    told.update(ACT_VERSION.encode())
    return f"{NAME}:{told.hexdigest()[:12]}"


def ensure_image(
    engine: Engine,
    cache: Path,
    *,
    say: Callable[[str], None],
    base: str = BASE,
    rebuild: bool = False,
) -> str:
    """The image, built when the engine does not have it.

    Args:
        engine: builds and keeps it.
        cache: folder in which act, and a base that was made here, are kept.
        say: told what is going on, since this takes minutes.
        base: an image, or `debootstrap`.
        rebuild: build it although it is there, on a fresh base.

    Returns:
        Its tag.

    Raises:
        ToolMissingError: the base can be neither found, fetched nor made.
        ProcessError: the build failed; says what it said last.
    """
    tag = image_tag()
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "image.lock"):
        if not rebuild and engine.has_image(tag):
            return tag
        if base == DEBOOTSTRAP:
            base = _make_base(engine, cache, say=say, rebuild=rebuild)
        else:
            _fetch_base(engine, base, say=say, rebuild=rebuild)
        say(f"building {tag} on {base}, a minute or two")
        with tempfile.TemporaryDirectory(prefix="image-", dir=cache) as scratch:
            context = Path(scratch)
            shutil.copy(DOCKERFILE, context / "Dockerfile")
            shutil.copy(ensure_act(cache, say=say), context / "act")
            (context / "act").chmod(0o755)
            _build(engine, context, tag=tag, base=base, say=say)
    return tag


def _fetch_base(engine: Engine, base: str, *, say: Callable[[str], None], rebuild: bool) -> None:
    if engine.has_image(base) and not rebuild:
        return
    say(f"fetching {base}")
    try:
        engine.call("pull", base, timeout=FETCH_WITHIN)
    except ProcessError as error:
        if engine.has_image(base):
            return
        raise ToolMissingError(
            f"the base image {base} cannot be fetched: {error.message}",
            hint="sitedrill image --base debootstrap makes one without a registry (as root), "
            "or --base names an image that the engine has",
        ) from error


def _make_base(engine: Engine, cache: Path, *, say: Callable[[str], None], rebuild: bool) -> str:
    """A minimal Debian as an image; what was made is kept for other engines."""
    archive = cache / f"base-{SUITE}.tar"
    if rebuild:
        archive.unlink(missing_ok=True)
    elif engine.has_image(_BASE_NAME):
        return _BASE_NAME
    if not archive.exists():
        _debootstrap(archive, say=say)
    say(f"importing {archive.name} as {_BASE_NAME}")
    engine.call("import", archive, _BASE_NAME, timeout=MAKE_WITHIN)
    return _BASE_NAME


def _debootstrap(archive: Path, *, say: Callable[[str], None]) -> None:
    program = shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if program is None:
        raise ToolMissingError("debootstrap is not there", hint="apt-get install debootstrap")
    if os.geteuid() != 0:
        raise ToolMissingError(
            "debootstrap works for root only",
            hint="run this one command as root, or name a base with --base",
        )
    say(f"making a Debian {SUITE} with debootstrap, about a minute")
    with tempfile.TemporaryDirectory(prefix="base-", dir=archive.parent) as scratch:
        root = Path(scratch) / "root"
        run_tool([program, "--variant=minbase", SUITE, root], timeout=MAKE_WITHIN)
        # This machine's own name and resolver are nobody's business in the image.
        for own in ("etc/hostname", "etc/resolv.conf"):
            (root / own).unlink(missing_ok=True)
        whole = Path(scratch) / "base.tar"
        leave_out = ["./dev/*", "./proc/*", "./sys/*", "./tmp/*"]
        leave_out += ["./var/cache/apt/archives/*.deb", "./var/lib/apt/lists/*", "./var/log/*"]
        excluded = [f"--exclude={pattern}" for pattern in leave_out]
        run_tool(["tar", "-C", root, *excluded, "-cf", whole, "."], timeout=MAKE_WITHIN)
        whole.rename(archive)


def _build(
    engine: Engine, context: Path, *, tag: str, base: str, say: Callable[[str], None]
) -> None:
    # The machine's own network: an engine need not have a bridge for builds.
    command = [str(engine.docker), "build", "--network", "host", "--build-arg", f"BASE={base}"]
    command += ["--label", "org.opencontainers.image.title=sitedrill runner"]
    command += ["--tag", tag, "--tag", f"{NAME}:latest", str(context)]
    last: deque[str] = deque(maxlen=5)
    environment = {**engine.environment, "BUILDKIT_PROGRESS": "plain"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                if line.strip():
                    last.append(line.strip())
                if _STEP.match(line):
                    say(f"  {line.strip()[:100]}")
            code = process.wait(timeout=BUILD_WITHIN)
        finally:
            process.kill()
    if code != 0:
        raise ProcessError(
            f"building {tag} failed: {' | '.join(last)}",
            hint="its packages come from the base's own Debian mirror; is it reachable?",
        )
