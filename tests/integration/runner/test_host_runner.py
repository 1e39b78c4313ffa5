"""A run under the real act: what it says is journaled, and nothing of it is left."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
from runner_support import Bench

from harness.github.projection import STUB_LABEL, TEACHER, Need, project
from harness.processes import marked
from harness.runner.brake import Brake

pytestmark = pytest.mark.integration

SECRET = "s3cr3t-of-the-repository"


def test_a_run_that_succeeds(bench: Bench) -> None:
    ran = bench.run("""
        - name: Say
          run: |
            echo "hello from ${{ github.actor }}"
            echo
            printf 'no end'
        - name: Skip
          if: false
          run: echo never
        - name: Sum up
          run: |
            echo "## Done" >> "$GITHUB_STEP_SUMMARY"
            echo "- by $GITHUB_ACTOR" >> "$GITHUB_STEP_SUMMARY"
    """)
    assert (ran.outcome.conclusion, ran.outcome.exit_code, ran.outcome.cause) == ("success", 0, "")
    assert ran.output("Say") == ["hello from on-call", "", "no end"]
    assert ran.ended() == {"Say": "success", "Sum up": "success"}
    (summary,) = ran.data("step.summary")
    assert (summary["step"], summary["markdown"]) == ("Sum up", "## Done\n- by on-call\n")
    (finished,) = ran.data("job.finished")
    assert finished == {
        "run": "4711",
        "job": "job",
        "outcome": "success",
        "exit_code": 0,
        "cause": "",
        "seconds": pytest.approx(ran.outcome.seconds, abs=1),
    }
    kinds = [record.kind for record in ran.records if record.kind != "run.note"]
    assert (kinds[0], kinds[-1]) == ("job.started", "job.finished")
    assert {record.data["run"] for record in ran.records} == {"4711"}


def test_a_run_that_fails_says_why(bench: Bench) -> None:
    ran = bench.run("""
        - name: Fine
          run: echo fine
        - name: Break
          run: |
            echo "::error::the bucket is gone"
            echo "and more was said"
            exit 3
        - name: After
          run: echo never
        - name: Clean up
          if: always()
          run: echo "::error::cleaning failed too"; exit 4
    """)
    assert (ran.outcome.conclusion, ran.outcome.exit_code) == ("failure", 1)
    assert ran.outcome.cause == "step Break failed: the bucket is gone"
    assert ran.data("job.finished")[0]["cause"] == ran.outcome.cause
    assert ran.ended() == {"Fine": "success", "Break": "failure", "Clean up": "failure"}
    assert ran.output("Break") == ["error: the bucket is gone", "and more was said"]
    assert ran.data("job.finished")[0]["outcome"] == "failure"


def test_without_an_annotation_the_last_line_is_the_cause(bench: Bench) -> None:
    ran = bench.run("""
        - name: Break
          run: |
            echo "one thing"
            echo "fatal: no such commit" >&2
            echo
            exit 1
    """)
    assert ran.outcome.cause == "step Break failed: fatal: no such commit"


def test_a_workflow_that_act_cannot_read_fails_with_its_words(bench: Bench) -> None:
    ran = bench.run("- uses: [not, an, action]")
    assert ran.outcome.conclusion == "failure"
    assert ran.outcome.cause not in {"", "act failed without saying why"}
    assert ran.data("step.started") == []


def test_a_step_that_may_fail_does_not_fail_the_run(bench: Bench) -> None:
    ran = bench.run("""
        - name: Tolerated
          id: tolerated
          continue-on-error: true
          run: exit 1
        - name: See
          run: echo "${{ steps.tolerated.outcome }} ${{ steps.tolerated.conclusion }}"
    """)
    assert ran.outcome.conclusion == "success"
    assert ran.ended()["Tolerated"] == "failure"
    assert ran.output("See") == ["failure success"]


def test_secrets_are_masked_everywhere(bench: Bench) -> None:
    ran = bench.run(
        """
        - name: Tell
          run: |
            echo "it is ${{ secrets.KEY }}"
            echo "::error::with $KEY"
            echo "summary $KEY" >> "$GITHUB_STEP_SUMMARY"
            echo "::notice title=$KEY::$KEY"
            echo "$KEY" >&2
            exit 1
          env:
            KEY: ${{ secrets.KEY }}
        """,
        secrets={"KEY": SECRET},
    )
    assert SECRET not in ran.text
    assert "it is ***" in ran.output("Tell")
    assert "error: with ***" in ran.output("Tell")
    assert ran.data("step.summary")[0]["markdown"] == "summary ***\n"


def test_values_that_a_step_masks_are_masked_in_what_is_printed(bench: Bench) -> None:
    ran = bench.run("""
        - name: Learn
          run: |
            echo "::add-mask::learnt-at-run-time"
            echo "it is learnt-at-run-time"
            echo "value=learnt-at-run-time" >> "$GITHUB_OUTPUT"
            echo "VALUE=learnt-at-run-time" >> "$GITHUB_ENV"
        - name: Use
          run: echo "still $VALUE" | tee /dev/stderr
    """)
    assert "learnt-at-run-time" not in ran.text
    assert ran.output("Learn") == ["it is ***"]
    assert ran.output("Use") == ["still ***", "still ***"]


def test_the_person_running_it_is_not_visible(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "persons-own-profile")
    monkeypatch.setenv("PERSONS_SECRET", "persons-own-secret")
    monkeypatch.setenv("GITHUB_TOKEN", "persons-own-token")
    monkeypatch.setenv("HOME", "/persons-own-home")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "persons-own-name")
    ran = bench.run(
        """
        - name: Look
          run: |
            env
            git config --list --show-origin
        """,
        environment={"GIVEN": "by-the-world"},
        variables={"WHERE": "prod"},
    )
    assert "persons-own" not in ran.text
    seen = dict(line.split("=", 1) for line in ran.output("Look") if "=" in line)
    assert seen["GIVEN"] == "by-the-world"
    directory = ran.workspace.parent
    assert seen["HOME"] == str(directory / "home")
    assert seen["TMPDIR"] == str(directory / "tmp")
    assert seen["PATH"].split(":")[0].startswith(str(directory))
    assert not {"AWS_PROFILE", "PERSONS_SECRET", "GIT_AUTHOR_NAME", "VIRTUAL_ENV"} & set(seen)


def test_variables_and_the_event_are_the_repositorys(bench: Bench) -> None:
    ran = bench.run(
        """
        - name: See
          run: echo "${{ vars.WHERE }} ${{ github.event.inputs.dry }} ${{ inputs.dry == 'true' }}"
        """,
        variables={"WHERE": "prod: #1 'quoted'"},
        event={"inputs": {"dry": "true"}},
    )
    assert ran.output("See")[0].startswith("prod: #1 'quoted' true")


def test_a_run_that_takes_too_long_is_ended_with_everything_it_started(bench: Bench) -> None:
    started = time.monotonic()
    ran = bench.run(
        """
        - name: Hang
          run: |
            trap '' TERM INT HUP
            setsid sleep 300 &
            setsid sh -c "trap '' TERM; sleep 301" &
            echo started
            while :; do sleep 302; done
        - name: After
          run: echo never
        """,
        timeout=3,
    )
    assert ran.outcome.conclusion == "timed_out"
    assert ran.outcome.cause == "ran longer than 3 s"
    assert time.monotonic() - started < 60
    assert ran.output("Hang") == ["started"]
    assert ran.output("After") == []
    assert ran.data("job.finished")[0]["outcome"] == "timed_out"
    assert marked(ran.token) == []


def test_what_a_successful_run_leaves_running_is_ended(bench: Bench) -> None:
    ran = bench.run("""
        - name: Leave
          run: |
            setsid sh -c "trap '' TERM; sleep 300" > /dev/null 2>&1 &
            echo done
    """)
    assert ran.outcome.conclusion == "success"
    assert marked(ran.token) == []


def test_no_pager_waits_for_a_key(bench: Bench) -> None:
    ran = bench.run(
        """
        - name: Page
          run: |
            git init --quiet
            seq 500 > numbers
            git add numbers
            git -c user.name=x -c user.email=x commit --quiet --message x
            git show
        """,
        timeout=60,
    )
    assert ran.outcome.conclusion == "success"
    assert ran.output("Page")[-1] == "+500"


def test_two_jobs_in_order(bench: Bench) -> None:
    text = """\
name: W
on: workflow_dispatch
jobs:
  first:
    runs-on: ubuntu-latest
    outputs:
      word: ${{ steps.say.outputs.word }}
    steps:
      - id: say
        run: echo "word=quay" >> "$GITHUB_OUTPUT"
  second:
    needs: first
    runs-on: ubuntu-24.04
    steps:
      - name: Hear
        run: echo "${{ needs.first.outputs.word }}"
"""
    ran = bench.run("", files={".github/workflows/w.yml": text}, own="")
    assert ran.output("Hear") == ["quay"]
    assert ran.outcome.conclusion == "success"


def test_a_job_is_told_apart_from_those_that_only_help_it(bench: Bench) -> None:
    first = {"word": "it's ${{ x }} and }} {"}
    files = project(
        """\
name: W
on: workflow_dispatch
jobs:
  first: {runs-on: ubuntu-latest, steps: [{run: exit 1}]}
  second:
    needs: [first, third]
    if: github.actor == 'nobody'
    runs-on: ubuntu-24.04
    strategy: {matrix: {n: [1, 2]}}
    outputs:
      heard: ${{ steps.hear.outputs.heard }}
      leaked: ${{ steps.hear.outputs.leaked }}
    steps:
      - id: hear
        name: Hear
        env:
          WORD: ${{ needs.first.outputs.word }}
          KEY: ${{ secrets.KEY }}
        run: |
          echo "$WORD ${{ needs.third.result }} ${{ matrix.n }}"
          echo "heard=$WORD" >> "$GITHUB_OUTPUT"
          echo "leaked=the $KEY" >> "$GITHUB_OUTPUT"
  third: {runs-on: ubuntu-latest, steps: [{run: exit 1}]}
""",
        file="w.yml",
        name="W",
        job="second",
        needs={"first": Need("success", first), "third": Need("skipped")},
        leg={"n": 2},
    )
    ran = bench.run(
        "",
        files={".github/workflows/w.yml": files["w.yml"]},
        name="second",
        own="second",
        helpers=STUB_LABEL,
        outputs_from=TEACHER,
        secrets={"KEY": SECRET},
    )
    assert ran.output("Hear") == [f"{first['word']} skipped 2"]
    assert (ran.outcome.conclusion, ran.outcome.outputs) == ("success", {"heard": first["word"]})
    assert SECRET not in ran.text
    assert {step["step"] for step in ran.data("step.started")} == {"Hear"}
    notes = [note["text"] for note in ran.data("run.note")]
    assert "Skip output 'leaked' since it may contain secret." in notes


@pytest.mark.parametrize("now", [False, True])
def test_a_job_can_be_ended_from_elsewhere(bench: Bench, now: bool) -> None:
    brake = Brake(within=60)

    class Impatient:
        def step_started(self, name: str) -> None:
            if name == "Hang":
                threading.Timer(0.2, brake.pull, kwargs={"now": now}).start()

        def step_finished(self, name: str, conclusion: object) -> None: ...

        def line(self, name: str, text: str, *, level: str = "") -> None: ...

    ran = bench.run(
        """
        - name: Hang
          run: sleep 300
        - name: Next
          run: echo never
        - name: Tidy
          if: cancelled()
          run: echo "tidied, ${{ job.status }}"
        """,
        listener=Impatient(),
        brake=brake,
    )
    assert ran.outcome.conclusion == "cancelled"
    assert ran.output("Next") == []
    assert ran.output("Tidy") == ([] if now else ["tidied, cancelled"])
    assert marked(ran.token) == []


@pytest.mark.parametrize("after", [0.0, 0.1, 0.2])
def test_a_job_that_is_ended_before_its_first_step_is_cancelled(bench: Bench, after: float) -> None:
    brake = Brake(within=60)
    timer = threading.Timer(after, brake.pull, kwargs={"now": False})
    timer.start()
    ran = bench.run("- run: sleep 5", brake=brake)
    timer.join()
    assert ran.outcome.conclusion == "cancelled"


def test_a_job_that_had_ended_before_it_was_to_end_is_not_cancelled(bench: Bench) -> None:
    brake = Brake(within=60)
    ran = bench.run("- run: echo done", brake=brake)
    brake.pull(now=False)
    assert ran.outcome.conclusion == "success"


def test_masked_values_in_annotations(bench: Bench) -> None:
    ran = bench.run("""
        - name: Learn
          run: |
            echo "::add-mask::learnt-at-run-time"
            echo "::error::it is learnt-at-run-time"
    """)
    assert "learnt-at-run-time" not in ran.text


def test_masked_values_in_summaries(bench: Bench) -> None:
    ran = bench.run("""
        - name: Learn
          run: |
            echo "::add-mask::learnt-at-run-time"
            echo "learnt-at-run-time" >> "$GITHUB_STEP_SUMMARY"
    """)
    assert "learnt-at-run-time" not in ran.text


def test_a_secret_of_several_lines(bench: Bench) -> None:
    ran = bench.run(
        """
        - name: Tell
          env: { KEY: "${{ secrets.KEY }}" }
          run: echo "$KEY"
    """,
        secrets={"KEY": "first-line-secret\nsecond-line-secret"},
    )
    assert "line-secret" not in ran.text


def test_a_tolerated_failure_is_not_the_cause(bench: Bench) -> None:
    ran = bench.run("""
        - name: Tolerated
          continue-on-error: true
          run: echo "::error::never mind"; exit 1
        - name: Break
          run: echo "::error::the bucket is gone"; exit 1
    """)
    assert ran.outcome.cause == "step Break failed: the bucket is gone"


def test_an_annotation_of_another_step_is_not_the_cause(bench: Bench) -> None:
    ran = bench.run("""
        - name: Fine
          run: echo "::error::never mind"
        - name: Break
          run: echo "the bucket is gone"; exit 1
    """)
    assert ran.outcome.cause == "step Break failed: the bucket is gone"


def test_what_cleared_its_environment_is_ended_too(bench: Bench) -> None:
    bench.run("""
        - name: Leave
          run: |
            env -i setsid sleep 377 > /dev/null 2>&1 &
            echo done
    """)
    # process_iter leaves out what it may not read, zombies among it.
    running = psutil.process_iter(["cmdline"])
    left = [p for p in running if (p.info["cmdline"] or [])[-1:] == ["377"]]
    for process in left:
        process.kill()
    assert left == []


def test_a_commit_that_is_not_there_reads_clearly(bench: Bench) -> None:
    step = f"- name: Check out\n  uses: actions/checkout@v4\n  with: {{ ref: {'0' * 40} }}\n"
    ran = bench.run(step)
    assert "Command failed" not in ran.outcome.cause
    assert "0" * 40 in ran.outcome.cause
