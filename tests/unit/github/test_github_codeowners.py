"""CODEOWNERS as GitHub reads it: patterns compared with git's own, answers with the sites' scripts."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.github.codeowners import LARGEST, LOCATIONS, CodeOwners, find, parse
from harness.github.people import Membership, Team
from harness.resources import reference_site

pytestmark = pytest.mark.unit

ACME = Membership(
    "acme",
    members={"octo-web": "write", "octo-reader": "read", "octo-ops": "maintain"},
    teams={
        "ops": Team("ops", members=("octo-ops", "hub-ops"), role="write"),
        "night": Team("night", members=("owl",), parent="ops"),
        "readers": Team("readers", members=("octo-web",), role="read"),
        "hidden": Team("hidden", members=("spy",), role="write", secret=True),
    },
    emails={"Web@acme.example": "octo-web"},
)


def names(owners: CodeOwners, path: str) -> list[str]:
    return [owner.name for owner in owners.owners_of(path)]


# GitHub's own examples: about-code-owners#example-of-a-codeowners-file.
EXAMPLE = """\
# This is a comment.
*       @global-owner1 @global-owner2

*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ["@global-owner1", "@global-owner2"]),
        ("src/a/b.js", ["@js-owner"]),
        ("main.go", ["docs@example.com"]),
        ("notes/a.txt", ["@octo-org/octocats"]),
        ("build/logs/a/b", ["@octocat"]),
        ("build/README", ["@global-owner1", "@global-owner2"]),
        ("docs/getting-started.md", ["@doctocat"]),
        ("src/apps/a/b", ["@octocat"]),
        ("scripts/x", ["@doctocat", "@octocat"]),
        ("deeply/nested/logs/x", ["@octocat"]),
        ("apps/web/a", ["@octocat"]),
        ("apps/github/a", []),
        ("apps/github", []),
        ("apps/githubby", ["@octocat"]),
        ("/apps/web/a", ["@octocat"]),
    ],
)
def test_the_last_line_that_matches_counts(path: str, owners: list[str]) -> None:
    assert names(parse(EXAMPLE), path) == owners


def test_a_star_after_a_slash_goes_no_further_down_than_a_folder() -> None:
    owners = parse("docs/* @a")
    assert names(owners, "docs/getting-started.md") == ["@a"]
    assert names(owners, "docs/build-app/troubleshooting.md") == []
    assert names(owners, "src/docs/a.md") == []


def test_case_counts_in_paths() -> None:
    owners = parse("/Docs/ @a")
    assert (names(owners, "Docs/x"), names(owners, "docs/x")) == (["@a"], [])


def test_a_backslash_keeps_a_space_and_takes_a_meaning_away() -> None:
    owners = parse("my\\ docs/ @a\n/what\\? @b\n/star\\* @c\n")
    assert names(owners, "my docs/x") == ["@a"]
    assert (names(owners, "what?"), names(owners, "whats")) == (["@b"], [])
    assert (names(owners, "star*"), names(owners, "starfish")) == (["@c"], [])


WARNING = (
    "Invalid pattern on line 2: The pattern `/` will never match anything, did you mean `*` instead?"
    "\n\n  / @a\n  ^"
)


# The two first are the examples of GitHub's REST documentation.
@pytest.mark.parametrize(
    ("line", "column", "kind", "message"),
    [
        ("***/*.rb @monalisa", 1, "Invalid pattern",
         "Invalid pattern on line 2: Did you mean `**/*.rb`?\n\n  ***/*.rb @monalisa\n  ^"),
        ("*.txt docs@", 7, "Invalid owner", "Invalid owner on line 2:\n\n  *.txt docs@\n        ^"),
        ("* user", 3, "Invalid owner", "Invalid owner on line 2:\n\n  * user\n    ^"),
        ("/ @a", 1, "Invalid pattern", WARNING),
        ("  !docs/ @a", 3, "Invalid pattern", "Invalid pattern on line 2:\n\n    !docs/ @a\n    ^"),
        ("[ab].md @a", 1, "Invalid pattern", None),
        ("\\#notes @a", 1, "Invalid pattern", None),
        ("a\\ @a\\", 1, "Invalid pattern", None),
        ("* @-a", 3, "Invalid owner", None),
        ("* @a/b/c", 3, "Invalid owner", None),
        ("* @a, @b", 3, "Invalid owner", None),
        ("* @a @", 6, "Invalid owner", None),
    ],
)  # fmt: skip
def test_a_malformed_line_is_reported_and_counts_as_if_it_were_not_there(
    line: str, column: int, kind: str, message: str | None
) -> None:
    owners = parse(f"* @first\n{line}\n", path="docs/CODEOWNERS")
    (problem,) = owners.malformed
    assert (problem.line, problem.column, problem.kind) == (2, column, kind)
    assert (problem.source, problem.path) == (line, "docs/CODEOWNERS")
    if message is not None:
        assert problem.message == message
    assert names(owners, "a.md") == ["@first"]


def test_owners_that_are_not_there_or_may_not_write_are_told() -> None:
    owners = parse(
        "* @octo-web @octo @acme/ops @octo-reader\n"
        "/a @acme/readers @acme/hidden @acme/night @other/ops\n"
        "/b web@acme.example x@acme.example Octo-Ops@users.noreply.github.com\n"
    )
    told = [(one.line, one.source[one.column - 1 :].split()[0]) for one in owners.problems(ACME)]
    assert told == [
        (1, "@octo"),
        (1, "@octo-reader"),
        (2, "@acme/readers"),
        (2, "@acme/hidden"),
        (2, "@other/ops"),
        (3, "x@acme.example"),
    ]
    first, *_, team, _ = owners.problems(ACME)
    assert first.message == (
        "Unknown owner on line 1: make sure @octo exists and has write access to the repository\n\n"
        "  * @octo-web @octo @acme/ops @octo-reader\n"
        "              ^"
    )
    assert team.suggestion == (
        "make sure the team @other/ops exists, is publicly visible, and has write access to the "
        "repository"
    )


def test_people_are_those_who_may_write_and_teams_members() -> None:
    owners = parse("* @OCTO-Web @octo-reader @acme/ops web@acme.example @octo-ops\n/none\n")
    assert owners.people("x", ACME) == ("OCTO-Web", "octo-ops", "hub-ops", "owl")
    assert owners.people("none", ACME) == ()


def test_the_first_place_counts() -> None:
    files = {place: f"* @owner-{number}" for number, place in enumerate(LOCATIONS)}
    for number, place in enumerate(LOCATIONS):
        found = find(files.get)
        assert found is not None
        assert (found.path, names(found, "x")) == (place, [f"@owner-{number}"])
        del files[place]
    assert find(files.get) is None


def test_a_file_that_is_too_large_says_nothing() -> None:
    line = "* @a # " + "x" * 1000 + "\n"
    assert names(parse(line * (LARGEST // len(line))), "x") == ["@a"]
    large = parse(line * (LARGEST // len(line) + 1))
    assert (large.too_large, large.rules) == (True, ())


def test_windows_lines_and_a_byte_order_mark_change_nothing() -> None:
    assert names(parse("\ufeff* @a\r\n/b @c # d\r\n"), "b") == ["@c"]


parts = st.lists(
    st.sampled_from(["a", "b", "ab", "*", "**", "?", "a*", "*b", "a?", "a\\*", ".a"]),
    min_size=1,
    max_size=4,
)
paths = st.lists(st.sampled_from(["a", "b", "ab", "a*", "ax", ".a"]), min_size=1, max_size=5).map(
    "/".join
)
patterns = st.builds(
    lambda first, names, last: first + "/".join(names) + last,
    st.sampled_from(["", "/"]),
    parts,
    st.sampled_from(["", "/"]),
)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("ignoring")
    subprocess.run(["git", "init", "-q", str(directory)], check=True)
    return directory


def ignored(repository: Path, pattern: str, names: Sequence[str]) -> set[str]:
    """Which files git itself would ignore by one pattern."""
    (repository / ".gitignore").write_text(f"{pattern}\n")
    told = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "--no-index", "--stdin", "-z"],
        input="\0".join(names).encode(),
        capture_output=True,
        check=False,
    )
    assert told.returncode in {0, 1}, told.stderr
    return set(told.stdout.decode().split("\0")) - {""}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(pattern="**/", files={"a", "a/b"})
@example(pattern="a/**/", files={"a/b", "a/b/a", "b/a"})
@example(pattern="/a/**/b", files={"a/b", "a/a/b/a", "b"})
@given(pattern=patterns, files=st.sets(paths, min_size=5, max_size=25))
def test_a_pattern_speaks_of_the_files_that_git_would_ignore(
    repository: Path, pattern: str, files: set[str]
) -> None:
    (rule,) = parse(f"{pattern} @a").rules
    ours = {path for path in files if rule.matches(path)}
    theirs = ignored(repository, pattern, sorted(files))
    last = pattern.rstrip("/").rpartition("/")
    if last[2] == "*" and last[1] and not pattern.endswith("/"):
        # GitHub's exception: `docs/*` is of the files in `docs` alone.
        assert ours <= theirs
        depth = pattern.strip("/").count("/")
        if "**" not in pattern:
            theirs = {path for path in theirs if path.count("/") == depth}
            assert ours == theirs
    else:
        assert ours == theirs


words = st.text(alphabet="ab@/.*#!\\[] \t-", max_size=12)


@given(st.lists(words, max_size=6))
def test_every_line_is_a_rule_or_a_problem_or_nothing(lines: list[str]) -> None:
    owners = parse("\n".join(lines))
    numbers = [rule.line for rule in owners.rules] + [one.line for one in owners.malformed]
    assert len(numbers) == len(set(numbers))
    said = {number for number, line in enumerate(lines, 1) if line.partition("#")[0].strip()}
    assert set(numbers) == said


SCRIPTS = {
    "reference": ["node", "ops/code-owner"],
    "terraform": ["bash", "bin/is-owner"],
}
#: What the sites' scripts understand: `*`, and folders and files from the root.
simple_lines = st.lists(
    st.tuples(
        st.sampled_from(["*", "/.github/", "/ops/", "/.github/workflows/emergency.yml", "/.git"]),
        st.lists(st.sampled_from(["@octo", "@Octo-Ops", "@hub", "@acme/ops"]), max_size=3),
        st.sampled_from(["", " # @sneak", "   "]),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("site", SCRIPTS)
@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(lines=[("*", ["@hub"], ""), ("/.git", ["@octo"], "")], who="octo")
@example(lines=[("*", ["@octo"], ""), ("/.github/", ["@hub"], " # @octo")], who="octo")
@given(
    lines=simple_lines,
    who=st.sampled_from(["octo", "OCTO-OPS", "octo-op", "oct", "hub", "sneak"]),
)
def test_the_sites_own_rule_agrees(
    tmp_path: Path, site: str, lines: list[tuple[str, list[str], str]], who: str
) -> None:
    text = "".join(f"{pattern} {' '.join(owners)}{more}\n" for pattern, owners, more in lines)
    (tmp_path / ".github").mkdir(exist_ok=True)
    (tmp_path / ".github/CODEOWNERS").write_text(text)
    file = ".github/workflows/emergency.yml"
    program, script = SCRIPTS[site]
    place = reference_site().parent / site / script
    named = f"/{file}" if site == "terraform" else file
    said = subprocess.run(
        [program, str(place), who, named], cwd=tmp_path, capture_output=True, check=False
    )
    handles = {owner.handle.lower() for owner in parse(text).owners_of(file)}
    assert (said.returncode == 0) is (who.lower() in handles), said
