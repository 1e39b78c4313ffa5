from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from harness.errors import SitedrillError
from harness.verify.rules import RULES
from harness.verify.telling import anchor, explained, listed

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "verify.md").read_text()


def test_every_rule_has_its_section_and_no_other_has_one() -> None:
    sections = re.findall(r"^### (S[YD]\d+) (.+)$", PAGE, re.M)
    assert sections == [(rule.id, rule.name) for rule in RULES.values()]


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_is_listed_and_explained(rule: object) -> None:
    name = rule.id  # type: ignore[attr-defined]
    told = explained(name.lower())
    assert told.startswith(f"{name}: ")
    assert "why: " in told
    assert "fix: " in told
    assert f"{name}  " in listed()
    assert f"docs/verify.md#{anchor(name, RULES[name].name)}" in told


def test_findings_of_others_are_explained_by_their_pages() -> None:
    assert "docs.zizmor.sh/audits/#artipacked" in explained("zizmor/artipacked")
    assert "nektosact.com" in explained("act")


def test_a_rule_that_is_not_there_is_told_with_one_that_is_near() -> None:
    with pytest.raises(SitedrillError, match=r"did you mean SD004\?"):
        explained("SD0004")


def test_the_hook_calls_the_command() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["entry"], hook["language"]) == (
        "sitedrill-verify",
        "sitedrill verify",
        "python",
    )
    files = re.compile(hook["files"])
    assert files.search(".github/workflows/emergency.yml")
    assert files.search("sitedrill.toml")
    assert not files.search("src/index.html")
