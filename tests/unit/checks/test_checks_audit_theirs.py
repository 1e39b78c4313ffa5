"""The trail of a site that has other words, other tags, and not all places."""

from __future__ import annotations

import pytest
from emergency_journal import REASON, RUN, TAG, TARGET, changed, emergency, written

from harness.checks.audit import check_audit

THEIRS = {"method": "previous-release", "environment": "live"}
LOG = "previous-release on live by {actor} at {time}: {target}, {tag}, because {reason}"

pytestmark = pytest.mark.unit


def test_only_the_places_that_a_site_has_are_looked_at() -> None:
    records = changed(emergency(summary=""), "tag", lambda data: None)
    assert not check_audit(records, RUN).complete
    audit = check_audit(records, RUN, places=("log", "aws"))
    assert audit.missing == ()
    assert audit.places["who"] == ("run log", "AWS calls")


def test_what_is_said_in_the_sites_own_words_counts() -> None:
    records = emergency(log=written(LOG), theirs=THEIRS)
    assert check_audit(records, RUN, places=("log",)).missing == ()


def test_without_its_own_words_it_does_not() -> None:
    audit = check_audit(emergency(log=written(LOG)), RUN, places=("log",))
    assert audit.missing == ("what (operation, environment, method): not in the run log",)


def test_what_a_form_asks_for_must_be_told() -> None:
    log = written(LOG).replace("on live", "")
    audit = check_audit(emergency(log=log, theirs=THEIRS), RUN, places=("log",))
    assert audit.missing == ("what (environment): not in the run log",)


def test_a_value_in_its_own_words_contradicts_nothing() -> None:
    log = f"{written(LOG)}\nmethod: previous-release\nenvironment: live"
    assert check_audit(emergency(log=log, theirs=THEIRS), RUN, places=("log",)).findings == ()


def test_emergency_tags_may_have_other_names() -> None:
    def renamed(data: dict[str, object]) -> dict[str, object]:
        return {**data, "name": "emergency/7"} if data["name"] == TAG else data

    records = changed(emergency(), "tag", renamed)
    assert "tag: none was pushed" in check_audit(records, RUN).missing
    audit = check_audit(records, RUN, places=("tag",), tags="emergency/*")
    assert audit.missing == ()
    assert audit.what == f"rollback (last_known_good) of prod to {TARGET[:12]}, tag emergency/7"
    assert audit.why == REASON
