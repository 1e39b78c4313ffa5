"""What act prints becomes events; the lines are those of the pinned act with `--json`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.runner.events import (
    Event,
    JobFinished,
    JobStarted,
    Mask,
    Note,
    OutputLine,
    StepFinished,
    StepStarted,
    Summary,
    read_events,
)

pytestmark = pytest.mark.unit

#: A whole run, as it was printed: one job with a step of every kind, and one that needs it.
CAPTURED = r"""
{"level":"warning","msg":"Couldn't get a valid docker connection: no DOCKER_HOST and an invalid container socket ''","time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"⭐ Run Set up job","step":"Set up job","stepid":["--setup-job"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ✅  Success - Set up job","step":"Set up job","stepResult":"success","stepid":["--setup-job"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"⭐ Run Main Say","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"arg":"hunter2value","command":"add-mask","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{},"level":"info","matrix":{},"msg":"  ⚙  ***","raw":"::add-mask::hunter2value\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"hello ***\n","raw_output":true,"stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"arg":"look here","command":"notice","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{"file":"a.html","line":"3"},"level":"info","matrix":{},"msg":"  ❓  ::notice file=a.html,line=3::look here\n","raw":"::notice file=a.html,line=3::look here\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"arg":"careful","command":"warning","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{},"level":"warning","matrix":{},"msg":"  🚧  ::warning::careful\n","raw":"::warning::careful\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"arg":"G","command":"group","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{},"level":"info","matrix":{},"msg":"  ❓  ::group::G\n","raw":"::group::G\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"in group\n","raw_output":true,"stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"arg":"","command":"endgroup","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{},"level":"info","matrix":{},"msg":"  ❓  ::endgroup::\n","raw":"::endgroup::\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"executionTime":12017856,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ✅  Success - Main Say [12.017856ms]","stage":"Main","step":"Say","stepID":["0"],"stepResult":"success","time":"2026-01-05T10:00:00Z"}
{"arg":"hunter2value","command":"set-output","dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ⚙  ::set-output:: out=***","name":"out","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"command":"summary","content":"## Deployed\n\nall\n","dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ⚙  Summary - ## Deployed\n\nall\n","stage":"Main","step":"Say","stepID":["0"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"⭐ Run Main Fail","stage":"Main","step":"Fail","stepID":["3"],"time":"2026-01-05T10:00:00Z"}
{"arg":"it broke","command":"error","dryrun":false,"job":"W/one","jobID":"one","kvPairs":{},"level":"error","matrix":{},"msg":"  ❗  ::error::it broke\n","raw":"::error::it broke\n","stage":"Main","step":"Fail","stepID":["3"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"executionTime":4003235,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ❌  Failure - Main Fail [4.003235ms]","stage":"Main","step":"Fail","stepID":["3"],"stepResult":"failure","time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"error","matrix":{},"msg":"exit status 3","stage":"Main","step":"Fail","stepID":["3"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"⭐ Run Complete job","step":"Complete job","stepid":["--complete-job"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","level":"info","matrix":{},"msg":"  ✅  Success - Complete job","step":"Complete job","stepResult":"success","stepid":["--complete-job"],"time":"2026-01-05T10:00:00Z"}
{"dryrun":false,"job":"W/one","jobID":"one","jobResult":"failure","level":"info","matrix":{},"msg":"🏁  Job failed","time":"2026-01-05T10:00:00Z"}
Error: Job 'one' failed
"""  # noqa: E501 - lines as they were printed


def events(*lines: Any) -> list[Event]:
    return list(read_events(x if isinstance(x, str) else json.dumps(x) for x in lines))


def of_step(**more: Any) -> dict[str, Any]:
    step = {"level": "info", "jobID": "one", "step": "Say", "stage": "Main", "msg": ""}
    return {**step, **more}


def test_a_captured_run() -> None:
    assert events(*CAPTURED.splitlines(keepends=True)) == [
        Note(
            "warning",
            "Couldn't get a valid docker connection: no DOCKER_HOST and an invalid container"
            " socket ''",
        ),
        JobStarted("one"),
        StepStarted("one", "Say", "Main"),
        Mask("hunter2value"),
        OutputLine("one", "Say", "hello ***"),
        OutputLine("one", "Say", "look here", "notice"),
        OutputLine("one", "Say", "careful", "warning"),
        OutputLine("one", "Say", "in group"),
        StepFinished("one", "Say", "Main", "success", 0.012),
        Summary("one", "Say", "## Deployed\n\nall\n"),
        StepStarted("one", "Fail", "Main"),
        OutputLine("one", "Fail", "it broke", "error"),
        StepFinished("one", "Fail", "Main", "failure", 0.004),
        Note("error", "exit status 3", "one"),
        JobFinished("one", "failure"),
        Note("info", "Error: Job 'one' failed"),
    ]


def test_what_is_to_be_masked_is_never_shown() -> None:
    assert "hunter2value" in CAPTURED
    assert "hunter2value" not in repr(events(*CAPTURED.splitlines()))


@pytest.mark.parametrize(
    "line", ['{"level":"info","msg":"half', "plain text", "[1, 2]", "7", "null", '"text"', "{]"]
)
def test_a_line_that_is_no_object_is_a_note(line: str) -> None:
    assert events(line + "\r\n") == [Note("info", line)]


@pytest.mark.parametrize("line", ["", "\n", "  \r\n"])
def test_an_empty_line_is_nothing(line: str) -> None:
    assert events(line) == []


def test_events_come_as_the_lines_do() -> None:
    read: list[str] = []

    def lines() -> Any:
        for line in ("first", "second"):
            read.append(line)
            yield line

    found = read_events(lines())
    assert next(found) == Note("info", "first")
    assert read == ["first"]


@pytest.mark.parametrize(
    ("printed", "lines"),
    [
        ("one\n", ["one"]),
        ("one\ntwo\n", ["one", "two"]),
        ("no end", ["no end"]),
        ("\n", [""]),
        ("a\n\nb\n", ["a", "", "b"]),
        ("  indented \n", ["  indented "]),
    ],
)
def test_output_is_kept_line_by_line(printed: str, lines: list[str]) -> None:
    found = events(of_step(msg=printed, raw_output=True))
    assert found == [JobStarted("one"), *(OutputLine("one", "Say", line) for line in lines)]


def test_output_that_looks_like_act_is_still_output() -> None:
    texts = ["⭐ Run Main Other", '{"jobID": "two", "jobResult": "success"}', "🏁  Job succeeded"]
    found = events(*(of_step(msg=f"{text}\n", raw_output=True) for text in texts))
    assert found == [JobStarted("one"), *(OutputLine("one", "Say", text) for text in texts)]


def test_output_while_setting_up_is_output() -> None:
    line = of_step(step="Set up job", msg="fetching\n", raw_output=True)
    assert events(line)[1:] == [OutputLine("one", "Set up job", "fetching")]


def test_a_failure_while_setting_up_is_a_note() -> None:
    line = of_step(step="Set up job", level="error", msg=" cannot clone \n")
    assert events(line)[1:] == [Note("error", "cannot clone", "one")]


@pytest.mark.parametrize("outcome", ["success", "failure", "cancelled", "skipped"])
def test_jobs_and_steps_end_in_every_way(outcome: str) -> None:
    ended = of_step(stepResult=outcome, executionTime=1_500_000_000, stage="Post", msg="x")
    over = {"jobID": "one", "jobResult": outcome, "msg": "🏁"}
    assert events(ended, over)[1:] == [
        StepFinished("one", "Say", "Post", outcome, 1.5),
        JobFinished("one", outcome),
    ]


def test_a_step_without_stage_or_time() -> None:
    line = {"jobID": "one", "step": "Say", "stepResult": "skipped", "msg": "x"}
    assert events(line)[1:] == [StepFinished("one", "Say", "Main", "skipped", 0)]


def test_every_job_starts_once() -> None:
    lines = [of_step(jobID=job, msg="x\n", raw_output=True) for job in ("a", "b", "a", "b")]
    started = [event for event in events(*lines) if isinstance(event, JobStarted)]
    assert started == [JobStarted("a"), JobStarted("b")]


@pytest.mark.parametrize("command", ["set-output", "set-env", "debug", "add-path"])
def test_other_commands_say_nothing(command: str) -> None:
    line = of_step(command=command, arg="value", msg="  ⚙  value", raw=f"::{command}::value")
    assert events(line) == [JobStarted("one")]


def test_what_act_says_itself_keeps_its_level() -> None:
    lines = [{"level": level, "msg": f" {level} \n"} for level in ("info", "warning", "error")]
    assert events(*lines) == [Note(level, level) for level in ("info", "warning", "error")]
    assert events({"level": "info", "msg": " "}, {}) == []


VALUES = st.sampled_from([None, True, 0, 7, "", "error", [], {}]) | st.text(max_size=5)
KEYS = st.sampled_from(["msg", "jobID", "step", "stage", "command", "arg", "level", "raw_output"])


@given(st.lists(st.text() | st.dictionaries(KEYS, VALUES).map(json.dumps), max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_line_whatever_stops_the_reading(lines: list[str]) -> None:
    for event in read_events(lines):
        assert isinstance(event, Event)
