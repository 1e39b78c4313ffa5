from __future__ import annotations

from typing import Any

import pytest
from emergency_journal import (
    ACTOR,
    LOG,
    MESSAGE,
    OTHER,
    REASON,
    RUN,
    SUMMARY,
    TAG,
    TARGET,
    TIME,
    WHAT,
    changed,
    emergency,
    written,
)

from harness.checks.audit import check_audit
from harness.journal import Record

pytestmark = pytest.mark.unit

PLACES = [
    ("tag", "message", MESSAGE),
    ("run log", "log", LOG),
    ("step summary", "summary", SUMMARY),
]


def test_a_complete_trail_is_complete() -> None:
    audit = check_audit(emergency(), RUN)
    assert audit.missing == ()
    assert audit.findings == ()
    assert audit.complete
    assert audit.who == ACTOR
    assert audit.what == f"rollback (last_known_good) of prod to {TARGET[:12]}, tag {TAG}"
    assert audit.when == TIME
    assert audit.why == REASON
    assert audit.places == {
        "who": ("tag", "run log", "step summary", "AWS calls"),
        "what": ("tag", "run log", "step summary"),
        "when": ("tag", "run log", "step summary", "AWS calls"),
        "why": ("tag", "run log", "step summary"),
    }


@pytest.mark.parametrize(("place", "argument", "template"), PLACES)
@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"actor": ""}, "who: not in the {}"),
        ({"time": ""}, "when: not in the {}"),
        ({"time": "2026-01-05 11:00"}, "when: not in the {}"),
        ({"time": "20260105T100003Z"}, "when: not in the {}"),
        ({"reason": ""}, "why: not in the {}"),
        ({"reason": "pages are cut off"}, "why: not in the {}"),
        ({"target": ""}, "what (target commit): not in the {}"),
        ({"target": TARGET[:8]}, "what (target commit): not in the {}"),
        ({"what": "(last_known_good) of prod"}, "what (operation): not in the {}"),
        ({"what": "rollback of prod"}, "what (method): not in the {}"),
        ({"what": "rollback (last_known_good)"}, "what (environment): not in the {}"),
        (
            {"what": "rollback (last_known_good) of my-prod-bucket"},
            "what (environment): not in the {}",
        ),
    ],
)
def test_what_is_missing_is_named_with_its_place(
    place: str, argument: str, template: str, *, values: dict[str, str], missing: str
) -> None:
    text: Any = written(template, **values)
    audit = check_audit(emergency(**{argument: text}), RUN)
    assert audit.missing == (missing.format(place),)
    assert not audit.complete
    field = missing.split(":", maxsplit=1)[0].split(" ", maxsplit=1)[0]
    assert place not in audit.places[field]


@pytest.mark.parametrize(("place", "argument", "template"), PLACES[1:])
def test_the_tag_must_be_named_elsewhere(place: str, argument: str, template: str) -> None:
    text: Any = written(template, tag="")
    audit = check_audit(emergency(**{argument: text}), RUN)
    assert audit.missing == (f"what (tag): not in the {place}",)


@pytest.mark.parametrize(
    ("argument", "missing"),
    [
        ("message", "tag: its message is empty"),
        ("log", "run log: none was kept"),
        ("summary", "step summary: none was written"),
    ],
)
def test_a_place_that_is_empty_is_named_once(argument: str, missing: str) -> None:
    empty: Any = ""
    assert check_audit(emergency(**{argument: empty}), RUN).missing == (missing,)


def test_a_run_without_a_tag_is_incomplete() -> None:
    records = changed(emergency(), "tag", lambda tag: None if tag["name"] == TAG else tag)
    audit = check_audit(records, RUN)
    assert "tag: none was pushed" in audit.missing
    assert audit.places["why"] == ("run log", "step summary")


def test_a_lightweight_tag_carries_nothing() -> None:
    records = changed(emergency(), "tag", lambda tag: {**tag, "annotated": False})
    assert check_audit(records, RUN).missing == (
        f"tag: {TAG} is not annotated, it carries no message",
    )


def test_a_run_nobody_dispatched_has_no_trail() -> None:
    audit = check_audit(emergency(), "2002")
    assert not audit.complete
    assert audit.missing == ("dispatch: the journal has none for run 2002",)


def test_a_value_is_unknown_when_no_place_has_it() -> None:
    texts: dict[str, Any] = {
        argument: written(template, reason="") for _, argument, template in PLACES
    }
    assert check_audit(emergency(**texts), RUN).why is None


@pytest.mark.parametrize(
    "caller", ["GitHubActions", "emergency-10012", "emergency-21001", "ASIAX", ""]
)
def test_a_session_that_does_not_carry_the_run_is_nobody(caller: str) -> None:
    audit = check_audit(emergency(caller=caller), RUN)
    assert audit.missing == (f"who: not in the AWS calls (1 of 1 changes are by {caller})",)


def test_a_run_that_changed_nothing_needs_no_aws_calls() -> None:
    records = changed(emergency(), "aws.call", lambda call: {**call, "mutating": False})
    audit = check_audit(records, RUN)
    assert audit.complete
    assert audit.places["who"] == ("tag", "run log", "step summary")


def test_calls_of_another_run_are_not_this_runs() -> None:
    records = emergency(caller="deploy-999")
    assert check_audit(records, RUN).complete


def test_calls_outside_the_run_are_not_this_runs() -> None:
    records = emergency()
    put = next(r for r in records if r.data.get("access_key") == "ASIAX")
    stranger = {**put.data, "caller": "somebody"}
    before = Record(0, 0.0, put.at, "aws.call", stranger)
    after = Record(999, 999.0, put.at, "aws.call", stranger)
    audit = check_audit([before, *records, after], RUN)
    assert audit.missing == ()
    assert audit.findings == ()
    # ... but nobody knows whose they are.
    line = f"nobody's run made s3 PutObject Key=index.html by somebody at {put.at}"
    assert audit.unattributed == (line, line)
    during = Record(put.seq, put.t, put.at, "aws.call", stranger)
    assert check_audit([*records, during], RUN).missing == (
        "who: not in the AWS calls (1 of 2 changes are by somebody)",
    )


def test_a_release_record_must_be_put_when_asked_for() -> None:
    pattern = r"^releases/.*\.json$"
    audit = check_audit(emergency(), RUN, release_record=pattern)
    assert audit.missing == ("what: no release record in the AWS calls",)
    records = changed(
        emergency(), "aws.call", lambda call: {**call, "params": {"Key": "releases/1.json"}}
    )
    assert check_audit(records, RUN, release_record=pattern).complete


@pytest.mark.parametrize(
    "reason",
    [
        """it's "down"; $(id) `id` \\ && | rm""",
        "the 🚒 is burning: ünïcödé 日本",
        "first line\n\n  second line   with spaces\nthird",
        "  trimmed on both sides  ",
        "<b>bold</b> & [link](https://x.test) *stars* | pipes",
        "rollback of staging by somebody-else to prod",
        "Who: somebody-else\nTarget: " + OTHER,
        "100% of pages (all!) answer 403...",
        "$1 \\1 {0} %s",
    ],
)
def test_any_reason_is_found_word_for_word(reason: str) -> None:
    audit = check_audit(emergency(reason=reason), RUN)
    assert audit.missing == ()
    assert audit.findings == ()
    assert audit.why == reason.strip()


@pytest.mark.parametrize(
    ("reason", "as_written"),
    [
        ("first line\nsecond line", "first line second line"),
        ("first line\nsecond line", "    first line\n    second line"),
        ("first line\nsecond line", "> first line\n> second line"),
        ("first line\nsecond line", "first line<br>second line"),
        ("pipes | and *stars*", r"pipes \| and \*stars\*"),
        ('tags <b> & "quotes"', "tags &lt;b&gt; &amp; &quot;quotes&quot;"),
    ],
)
def test_a_reason_is_found_however_markdown_shows_it(reason: str, as_written: str) -> None:
    records = emergency(reason=reason, summary=written(SUMMARY, reason=as_written))
    assert check_audit(records, RUN).missing == ()


def test_a_reason_in_a_longer_word_is_not_there() -> None:
    records = emergency(reason="site is down", summary=written(SUMMARY, reason="site is downhill"))
    assert check_audit(records, RUN).missing == ("why: not in the step summary",)


def test_the_reasons_own_words_prove_nothing_else() -> None:
    reason = f"{ACTOR} asked for a rollback (last_known_good) of prod to {TARGET} at {TIME}"
    audit = check_audit(emergency(reason=reason, message=f"Why: {reason}"), RUN)
    assert audit.missing == (
        "who: not in the tag",
        "what (operation, environment, method, target commit): not in the tag",
        "when: not in the tag",
    )


@pytest.mark.parametrize(
    ("actor", "named"),
    [
        ("jo", "jo-ann"),
        ("jo", "ann-jo"),
        ("jo", "joann"),
        ("ann", "jo.ann"),
        ("jo", "jo_corp"),
    ],
)
def test_an_actor_is_not_found_in_a_longer_handle(actor: str, named: str) -> None:
    texts: dict[str, Any] = {
        argument: written(template, actor=named) for _, argument, template in PLACES
    }
    audit = check_audit(emergency(actor=actor, **texts), RUN)
    assert audit.who == actor  # the AWS calls carry the run
    assert audit.places["who"] == ("AWS calls",)
    assert f"tag: names {named} as the actor, dispatched by {actor}" in audit.findings


@pytest.mark.parametrize(
    "named", ["@octo-cat", "Octo-Cat", "octo-cat.", "(octo-cat)", "`octo-cat`"]
)
def test_an_actor_is_found_however_it_is_written(named: str) -> None:
    assert check_audit(emergency(summary=written(SUMMARY, actor=named)), RUN).complete


@pytest.mark.parametrize(("place", "argument", "template"), PLACES)
def test_a_target_that_is_not_the_tagged_commit_is_a_contradiction(
    place: str, argument: str, template: str
) -> None:
    text: Any = written(template, target=OTHER)
    audit = check_audit(emergency(**{argument: text}), RUN)
    assert audit.findings == (f"{place}: says the target is {OTHER}, the tag is on {TARGET}",)
    assert not audit.complete


@pytest.mark.parametrize(
    "dispatched",
    [
        {"target": OTHER},
        {"inputs": {"target_commit": OTHER}, "method": "specific_commit"},
    ],
)
def test_a_tag_on_another_commit_than_dispatched_is_a_contradiction(
    dispatched: dict[str, Any],
) -> None:
    audit = check_audit(emergency(**dispatched), RUN)
    assert f"tag: {TAG} is on {TARGET}, the target was {OTHER}" in audit.findings


def test_a_hotfix_must_tag_the_dispatched_head() -> None:
    audit = check_audit(emergency(operation="hotfix", method=None), RUN)
    assert f"tag: {TAG} is on {TARGET}, the target was {OTHER}" in audit.findings
    assert f"tag: {TAG} names a rollback, dispatched was a hotfix" in audit.findings


def test_a_hotfix_has_no_method() -> None:
    name = TAG.replace("rollback", "hotfix")
    values = {"what": "hotfix of prod", "tag": name}
    texts: dict[str, Any] = {
        argument: written(template, **values) for _, argument, template in PLACES
    }
    records = emergency(operation="hotfix", method=None, sha=TARGET, **texts)
    records = changed(
        records, "tag", lambda tag: {**tag, "name": name} if tag["name"] == TAG else tag
    )
    audit = check_audit(records, RUN)
    assert audit.missing == ()
    assert audit.complete
    assert audit.what == f"hotfix of prod to {TARGET[:12]}, tag {name}"


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("Operation: hotfix", "says hotfix, dispatched was rollback"),
        ("- **Method:** content_only", "says content_only, dispatched was last_known_good"),
        (
            "| Rollback method | `content-only` |",
            "says content_only, dispatched was last_known_good",
        ),
        ("environment: staging", "says staging, dispatched was prod"),
        ("Requested by: somebody-else", "names somebody-else as the actor, dispatched by octo-cat"),
        (
            f"| **Target** | `{OTHER[:12]}` |",
            f"says the target is {OTHER[:12]}, the tag is on {TARGET}",
        ),
    ],
)
def test_a_label_that_says_otherwise_is_a_contradiction(line: str, finding: str) -> None:
    audit = check_audit(emergency(summary=f"{line}\n\n{written(SUMMARY)}"), RUN)
    assert audit.findings == (f"step summary: {finding}",)
    assert audit.missing == ()
    assert not audit.complete


@pytest.mark.parametrize(
    "line",
    [
        "method: GET",
        "environment: production-like",
        "Target: main",
        "GITHUB_ACTOR: somebody-else",
        "| Who | What |\n| --- | --- |\n| octo-cat | rollback |",
        "previous commit: " + OTHER,
    ],
)
def test_lines_that_only_look_like_labels_are_no_contradiction(line: str) -> None:
    assert check_audit(emergency(log=f"{line}\n{written(LOG)}"), RUN).complete


def test_a_time_outside_the_run_is_a_contradiction() -> None:
    audit = check_audit(emergency(message=written(MESSAGE, time="2020-02-30T25:00:00Z")), RUN)
    assert audit.missing == ("when: not in the tag",)
    assert audit.findings == ()
    audit = check_audit(emergency(message=written(MESSAGE, time="2020-01-05T10:00:00Z")), RUN)
    assert audit.missing == ("when: not in the tag",)
    assert audit.findings[0].startswith("tag: says 2020-01-05T10:00:00+00:00, the run went from ")


def test_a_second_emergency_tag_is_a_contradiction() -> None:
    records = emergency()
    tag = next(r for r in records if r.data.get("name") == TAG)
    second = Record(
        tag.seq, tag.t, tag.at, "tag", {**tag.data, "name": f"{TAG}.again", "message": ""}
    )
    records.insert(records.index(tag), second)
    audit = check_audit(records, RUN)
    assert audit.missing == ()
    assert audit.findings == (f"tag: 2 were pushed: {TAG}, {TAG}.again",)


def test_the_next_operations_tag_is_not_this_ones() -> None:
    first = [r for r in emergency() if not (r.kind == "tag" and r.data["name"] == TAG)]
    later = [
        Record(r.seq + 100, r.t + 100, r.at, r.kind, {**r.data, "run": "1002"})
        if r.kind != "tag"
        else Record(r.seq + 100, r.t + 100, r.at, r.kind, r.data)
        for r in emergency()
    ]
    assert "tag: none was pushed" in check_audit(first + later, RUN).missing


def test_a_run_that_never_finished_is_judged_by_what_there_is() -> None:
    records = [record for record in emergency() if record.kind != "run.finished"]
    assert check_audit(records, RUN).complete


def test_lines_of_steps_that_ran_at_once_are_not_mixed() -> None:
    reason = "first line\nsecond line"
    records = emergency(reason=reason)
    mixed = []
    for record in records:
        mixed.append(record)
        if record.kind == "step.output":
            noise = {**record.data, "job": "other", "line": "noise"}
            mixed.append(Record(record.seq, record.t, record.at, "step.output", noise))
    assert check_audit(mixed, RUN).complete


def test_what_is_spelled_with_other_separators_is_found() -> None:
    what = WHAT.replace("last_known_good", "Last known good")
    assert check_audit(emergency(summary=written(SUMMARY, what=what)), RUN).complete
