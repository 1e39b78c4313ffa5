"""The emulator's process: cloned by fork, alone with its state, gone when its owner is."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from harness.clock import Clock
from harness.cloud.clients import Clients
from harness.cloud.moto import MotoEmulator
from harness.errors import EmulatorError
from harness.polling import poll

pytestmark = pytest.mark.integration

CLONE_WITHIN = 0.05


def keys(clients: Clients) -> list[str]:
    listed = clients.s3.list_objects_v2(Bucket="site").get("Contents", [])
    return [found["Key"] for found in listed]


def gone(pid: int) -> bool | None:
    """True for a zombie too: it runs no more, and whoever inherited it has yet to look."""
    try:
        ended = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    return True if ended else None


def refuses(endpoint: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port or 0)) != 0


def open_files(pid: int) -> list[str]:
    found = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(str(path.readlink()))
    return found


def test_a_clone_has_the_baseline_and_keeps_its_changes_to_itself(
    moto: MotoEmulator, aws: Clients
) -> None:
    aws.s3.create_bucket(Bucket="site")
    aws.s3.put_object(Bucket="site", Key="baseline", Body=b"one")
    with moto.clone(os.getpid()) as clone, Clients(clone.endpoint, "tests") as cloned:
        cloned.s3.put_object(Bucket="site", Key="baseline", Body=b"two")
        cloned.s3.put_object(Bucket="site", Key="mine", Body=b"x")
        with clone.clone(os.getpid()) as grandchild, Clients(grandchild.endpoint, "t") as third:
            third.s3.delete_object(Bucket="site", Key="baseline")
            assert keys(third) == ["mine"]
        assert keys(cloned) == ["baseline", "mine"]
        assert cloned.s3.get_object(Bucket="site", Key="baseline")["Body"].read() == b"two"
        aws.s3.put_object(Bucket="site", Key="later", Body=b"x")
        assert keys(cloned) == ["baseline", "mine"]
    assert keys(aws) == ["baseline", "later"]
    assert aws.s3.get_object(Bucket="site", Key="baseline")["Body"].read() == b"one"


def test_contents_larger_than_motos_usual_buffer_are_not_shared(
    moto: MotoEmulator, aws: Clients
) -> None:
    """moto would put them into a temporary file, whose offset all clones share."""
    size = 6 * 1024 * 1024
    aws.s3.create_bucket(Bucket="site")
    aws.s3.put_object(Bucket="site", Key="large", Body=b"a" * size)
    with moto.clone(os.getpid()) as clone, Clients(clone.endpoint, "tests") as cloned:
        assert not [name for name in open_files(moto.pid) if "(deleted)" in name]
        assert cloned.s3.get_object(Bucket="site", Key="large")["Body"].read() == b"a" * size


def test_a_clone_is_made_in_milliseconds(template: MotoEmulator) -> None:
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        clone = template.clone(os.getpid())
        taken.append(time.perf_counter() - start)
        clone.stop()
    assert sorted(taken)[2] < CLONE_WITHIN


def test_a_clone_holds_none_of_its_parents_connections(
    template: MotoEmulator, clock: Clock
) -> None:
    with template.clone(os.getpid()) as clone:

        def sockets() -> list[str]:
            return [name for name in open_files(clone.pid) if name.startswith("socket:")]

        poll(
            lambda: len(sockets()) == 1 or None,
            within=2,
            waiting_for="the clone to have one socket, its own",
            last_seen=lambda: str(sockets()),
            clock=clock,
        )


def test_another_process_can_clone_what_it_only_knows_the_address_of(
    moto: MotoEmulator, aws: Clients, clock: Clock
) -> None:
    aws.s3.create_bucket(Bucket="site")
    attached = MotoEmulator.attach(moto.endpoint, clock=clock)
    assert attached.pid == moto.pid
    with attached.clone(os.getpid()) as clone, Clients(clone.endpoint, "tests") as cloned:
        assert keys(cloned) == []


def test_stop_leaves_no_process_and_no_port(template: MotoEmulator, tmp_path: Path) -> None:
    clone = template.clone(os.getpid())
    survivor = clone.clone(os.getpid())
    clone.stop()
    clone.stop()
    assert gone(clone.pid)
    assert refuses(clone.endpoint)
    assert not refuses(survivor.endpoint)
    survivor.stop()
    assert gone(survivor.pid)
    assert refuses(survivor.endpoint)


def test_a_clones_end_leaves_no_zombie(template: MotoEmulator, clock: Clock) -> None:
    clone = template.clone(os.getpid())
    clone.stop()
    poll(
        lambda: None if psutil.pid_exists(clone.pid) else True,
        within=2,
        waiting_for="the template to let the clone go",
        clock=clock,
    )


def test_stop_of_a_template_leaves_no_process(tmp_path: Path, clock: Clock) -> None:
    started = MotoEmulator.start(owner_pid=os.getpid(), directory=tmp_path, clock=clock)
    started.stop()
    assert gone(started.pid)
    assert refuses(started.endpoint)


def test_it_ends_when_its_owner_does(template: MotoEmulator, clock: Clock) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as owner:
        clone = template.clone(owner.pid)
        of_a_clone = clone.clone(owner.pid)
        ours = template.clone(os.getpid())
        owner.kill()
        owner.wait()
    for pid in (clone.pid, of_a_clone.pid):
        poll(lambda pid=pid: gone(pid), within=5, waiting_for="the clone to end", clock=clock)
    assert refuses(clone.endpoint)
    assert not gone(ours.pid)
    ours.stop()


def test_it_ends_when_its_owner_was_gone_already(template: MotoEmulator, clock: Clock) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as owner:
        owner.wait()
    clone = template.clone(owner.pid)
    poll(lambda: gone(clone.pid), within=5, waiting_for="the clone to end", clock=clock)


def test_sigterm_ends_it_at_once(template: MotoEmulator, clock: Clock) -> None:
    for _ in range(50):  # now and then, the clone is not quite there when the signal comes
        clone = template.clone(os.getpid())
        os.kill(clone.pid, signal.SIGTERM)
        poll(lambda pid=clone.pid: gone(pid), within=5, waiting_for="the clone to end", clock=clock)


def test_a_handle_to_what_another_process_owns_can_be_dropped(tmp_path: Path, clock: Clock) -> None:
    started = MotoEmulator.start(owner_pid=os.getppid(), directory=tmp_path, clock=clock)
    endpoint, pid = started.endpoint, started.pid
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        del started
        gc.collect()
    assert [str(one.message) for one in warned if issubclass(one.category, ResourceWarning)] == []
    MotoEmulator.attach(endpoint, clock=clock).stop()
    assert gone(pid)


def test_it_is_quiet(tmp_path: Path, clock: Clock) -> None:
    with (
        MotoEmulator.start(owner_pid=os.getpid(), directory=tmp_path, clock=clock) as started,
        Clients(started.endpoint, "tests") as clients,
    ):
        clients.s3.create_bucket(Bucket="site")
        clients.cloudfront.list_distributions()
    assert (tmp_path / "moto.log").read_text() == ""


def test_a_start_that_fails_says_why(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "psutil.py").write_text("raise SystemExit('psutil is broken here')")
    monkeypatch.setenv("PYTHONPATH", str(broken))
    with pytest.raises(EmulatorError, match=r"status 1: .*psutil is broken here"):
        MotoEmulator.start(owner_pid=os.getpid(), directory=tmp_path, clock=clock)


def test_nobody_there_is_a_clear_error(clock: Clock) -> None:
    with pytest.raises(EmulatorError, match="does not answer"):
        MotoEmulator.attach("http://127.0.0.1:1", clock=clock)


@pytest.mark.parametrize(
    ("service", "operation", "there"),
    [
        ("s3", "PutObject", True),
        ("s3", "ListBuckets", True),
        ("s3", "PutBucketVersioning", True),
        ("s3", "CopyObject", True),
        ("s3", "UploadPart", True),
        ("s3", "DeleteObjects", True),
        ("s3", "GetObjectTorrent", False),
        ("s3", "PutBucketRequestPayment", False),
        ("cloudfront", "CreateDistribution", True),
        ("cloudfront", "GetOriginAccessControlConfig", True),
        ("cloudfront", "CreateCachePolicy", False),
        ("cloudfront", "CreateResponseHeadersPolicy", False),
        ("sts", "AssumeRoleWithWebIdentity", True),
        ("iam", "CreateRole", True),
        ("nothing-of-the-kind", "DoIt", False),
    ],
)
def test_it_knows_what_moto_has(
    service: str, operation: str, there: bool, template: MotoEmulator
) -> None:
    assert template.implements(service, operation) is there
