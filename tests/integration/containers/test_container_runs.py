"""Jobs in containers, of either kind: what GitHub's side decides reaches them, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from containers_support import SECRET, Shop, a_shop, a_trap

from harness.clock import SystemClock
from harness.polling import poll
from harness.runner.engine import Engine

pytestmark = pytest.mark.integration

SHAPES = """\
name: Shapes
on:
  workflow_dispatch:
    inputs: { word: { required: true } }
permissions: { contents: write, actions: write }
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: { said: "${{ steps.say.outputs.said }}" }
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - id: say
        env: { WORD: "${{ inputs.word }}" }
        run: echo "said=$WORD" >> "$GITHUB_OUTPUT"
      - name: Look
        env: { KEY: "${{ secrets.KEY }}" }
        run: |
          echo "$KEY"; cat "$NOTE"; whoami
          grep ^ID= /etc/os-release
          for program in act aws curl gh git jq node python3 sudo zip; do
            command -v $program > /dev/null || echo "no $program"
          done
      - name: Push
        run: |
          git -c user.name=x -c user.email=x@example.com tag -a pushed -m pushed
          git push origin pushed
          echo kept > kept.txt
      - uses: actions/upload-artifact@v4
        with: { name: kept, path: kept.txt }
  second:
    needs: first
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2] } }
    steps:
      - name: Hear
        env: { SAID: "${{ needs.first.outputs.said }}" }
        run: echo "$SAID ${{ matrix.n }}"
  third:
    needs: [first, second]
    uses: ./.github/workflows/called.yml
    with: { word: "${{ needs.first.outputs.said }}" }
"""
CALLED = """\
on: { workflow_call: { inputs: { word: { type: string } } } }
jobs:
  inner:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        with: { name: kept }
      - name: Hear inside
        env: { WORD: "${{ inputs.word }}" }
        run: echo "$WORD, $(cat kept.txt)"
"""


def test_jobs_of_every_shape(shop: Shop) -> None:
    run = shop.run({"shapes.yml": SHAPES, "called.yml": CALLED}, word='a "word"; $(id)')
    assert run.conclusion == "success", {n: j.cause for n, j in shop.jobs(run).items()}
    assert shop.said("Look") == ["***", "found", "runner", "ID=debian"]
    assert sorted(shop.said("Hear")) == ['a "word"; $(id) 1', 'a "word"; $(id) 2']
    assert shop.said("Hear inside") == ['a "word"; $(id), kept']
    assert "pushed" in {tag.name for tag in shop.origin.tags()}
    assert shop.artifacts(run) == {"kept"}
    assert SECRET not in shop.journal.read_text()
    assert shop.nothing_left()


ENDS = """\
name: Ends
on: workflow_dispatch
jobs:
  breaks:
    runs-on: ubuntu-latest
    steps:
      - name: Break
        run: echo "::error::the bucket is gone"; exit 3
      - name: Never
        run: echo never
  hangs:
    runs-on: ubuntu-latest
    timeout-minutes: 0.15
    steps:
      - name: Hang
        run: trap '' TERM INT; (setsid sleep 600 &); sleep 600
"""


def test_a_failure_says_why_and_what_hangs_is_ended(shop: Shop) -> None:
    run = shop.run({"ends.yml": ENDS})
    jobs = shop.jobs(run)
    assert jobs["breaks"].conclusion == "failure"
    assert jobs["breaks"].cause == "step Break failed: the bucket is gone"
    assert shop.said("Never") == []
    assert jobs["hangs"].conclusion == "cancelled"
    assert "ran longer than 9 s" in jobs["hangs"].cause
    assert shop.nothing_left()


CANCELLED = """\
name: Cancelled
on: workflow_dispatch
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - name: Hang
        run: echo begun; sleep 600
      - name: Never
        run: echo never
      - name: Tidy
        if: cancelled()
        run: echo "tidied, ${{ job.status }}"
"""


def test_a_run_can_be_cancelled_and_tidies_up(shop: Shop) -> None:
    run = shop.begin({"cancelled.yml": CANCELLED})
    poll(
        lambda: shop.said("Hang") or None,
        within=60,
        waiting_for="the step to begin",
        clock=SystemClock(),
    )
    shop.control.cancel(shop.control.run(run.id))
    over = shop.control.wait(run, within=60)
    assert over.conclusion == "cancelled"
    assert shop.said("Never") == []
    assert shop.said("Tidy") == ["tidied, cancelled"]
    assert shop.nothing_left()


REACHES = """\
name: Reaches
on: workflow_dispatch
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - name: Reach
        shell: bash --noprofile --norc {0}
        run: |
          for place in http://127.0.0.1:PORT_/ http://1.1.1.1/ https://example.com/; do
            curl -sS -m 3 "$place" > /dev/null 2>&1 && echo "reached $place"
          done
          ls /var/run/docker.sock SECRET_ 2> /dev/null
          docker info 2> /dev/null
          sudo sh -c 'echo x > /usr/local/bin/planted' 2> /dev/null
          ls /sys/class/net | grep -v -x lo
          echo done
"""


def test_nothing_of_this_machine_is_seen_or_reached(shop: Shop, tmp_path: Path) -> None:
    secret = tmp_path / "persons-own"
    secret.write_text("x")
    with a_trap() as (port, reached):
        text = REACHES.replace("PORT_", str(port)).replace("SECRET_", str(secret))
        run = shop.run({"reaches.yml": text})
    assert run.conclusion == "success", {n: j.cause for n, j in shop.jobs(run).items()}
    assert shop.said("Reach") == ["done"]
    assert reached == []
    assert not Path("/usr/local/bin/planted").exists()


OWN_IMAGE = """\
name: Own image
on: workflow_dispatch
jobs:
  job:
    runs-on: ubuntu-latest
    container: { image: IMAGE_ }
    steps:
      - name: Where
        run: echo "in $MARK"
"""


def test_a_job_in_an_image_of_its_own(engine: Engine, image: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nENV MARK=their-own\n")
    engine.call("build", "--network", "none", "--tag", "sitedrill-test-own", tmp_path)
    with a_shop("docker", engine, image, tmp_path / "shop") as shop:
        run = shop.run({"own.yml": OWN_IMAGE.replace("IMAGE_", "sitedrill-test-own")})
        assert run.conclusion == "success", {n: j.cause for n, j in shop.jobs(run).items()}
        assert shop.said("Where") == ["in their-own"]
        assert shop.nothing_left()
