"""Patterns of branch policies, as Ruby reads them: `fnmatch.ruby-3.1.json` is what Ruby 3.1 said.

ruby -rjson -e 'puts File.fnmatch(pattern, name, File::FNM_PATHNAME)'
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.github.fnmatch import expression, fnmatch

pytestmark = pytest.mark.unit

SAID = json.loads(Path(__file__).with_name("fnmatch.ruby-3.1.json").read_text(encoding="utf-8"))
RUBY = shutil.which("ruby")


@pytest.mark.parametrize(("pattern", "name", "matches"), SAID)
def test_a_pattern_means_what_ruby_says_it_means(pattern: str, name: str, matches: bool) -> None:
    assert fnmatch(pattern, name) is matches


@given(st.text(alphabet="ab/*?[]!^-.\\{}", max_size=12))
def test_every_pattern_can_be_read(pattern: str) -> None:
    re.compile(expression(pattern))


@given(st.text(alphabet="abc-_", min_size=1), st.text(alphabet="abc-_", min_size=1))
def test_a_star_passes_no_slash(first: str, second: str) -> None:
    assert fnmatch("*/*", f"{first}/{second}")
    assert not fnmatch("*", f"{first}/{second}")
    assert fnmatch("**/*", f"{first}/{second}")


@pytest.mark.long
@pytest.mark.skipif(RUBY is None, reason="no Ruby to ask")
@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(alphabet="ab/*?[]!^-.\\", min_size=1, max_size=8),
            st.text(alphabet="ab/-.", min_size=1, max_size=6),
        ),
        min_size=200,
        max_size=400,
    )
)
def test_ruby_itself_agrees(cases: list[tuple[str, str]]) -> None:
    script = (
        'require "json"; JSON.parse(STDIN.read).each '
        "{ |p, s| puts File.fnmatch(p, s, File::FNM_PATHNAME) }"
    )
    told = subprocess.run(
        [str(RUBY), "-e", script],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    assert [fnmatch(*case) for case in cases] == [line == "true" for line in told.stdout.split()]
