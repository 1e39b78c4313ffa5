"""What people are told of a site's CODEOWNERS before it is drilled."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.resources import reference_site
from harness.session import notes_on_owners
from harness.settings import load_settings

pytestmark = pytest.mark.unit

PEOPLE = '\n[people]\nmembers = { octo = "admin", reader = "read" }\n'
SITE = """\
[site]
repository = "acme/site"
content = "src"
[environments.staging]
bucket = "acme-site"
alias = "site.example"
"""


def notes(site: Path, owners: str, settings: str = PEOPLE) -> tuple[str, ...]:
    (site / ".github").mkdir(exist_ok=True)
    (site / ".github" / "CODEOWNERS").write_text(owners)
    (site / "sitedrill.toml").write_text(SITE + settings)
    return notes_on_owners(site, load_settings(site, None))


def test_each_line_that_owns_nothing_is_named_with_its_place(tmp_path: Path) -> None:
    found = notes(tmp_path, "* @octo\n\n!/docs/ @octo\n/infra/ octo\n/ops/ @reader @nobody\n")
    assert [note.split(": ")[0] for note in found] == [
        ".github/CODEOWNERS:3:1",
        ".github/CODEOWNERS:4:9",
        ".github/CODEOWNERS:5:7",
        ".github/CODEOWNERS:5:15",
    ]
    assert "invalid pattern: !/docs/ @octo" in found[0]
    assert "invalid owner: /infra/ octo" in found[1]
    assert "make sure @reader exists and has write access" in found[2]


def test_where_nobody_is_named_nobody_is_unknown(tmp_path: Path) -> None:
    assert notes(tmp_path, "* @anybody\n", settings="") == ()


def test_a_site_without_the_file_has_nothing_to_be_told(tmp_path: Path) -> None:
    (tmp_path / "sitedrill.toml").write_text(SITE)
    assert notes_on_owners(tmp_path, load_settings(tmp_path, None)) == ()


def test_the_reference_site_is_in_order() -> None:
    site = reference_site()
    assert notes_on_owners(site, load_settings(site, None)) == ()
