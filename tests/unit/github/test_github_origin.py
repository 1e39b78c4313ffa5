"""The origin is a repository as GitHub holds it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from github_world import SOMEBODY, WHEN, Site, commit

from harness.errors import DispatchError, ProcessError
from harness.github.actors import Actor
from harness.github.git import git
from harness.github.origin import PACE, Origin, Tag

pytestmark = pytest.mark.unit


def test_a_commit_has_its_author_time_and_message(origin: Origin) -> None:
    made = origin.commit(
        lambda tree: (tree / "a.txt").write_text("1"),
        message="A change\n\n# and why",
        author=Actor("somebody"),
        when=WHEN,
    )
    form = "--format=%H|%an|%ae|%cn|%aI|%cI|%B"
    assert git(origin.path, "log", "-1", form, "main") == (
        f"{made}|somebody|somebody@users.noreply.github.com|somebody"
        f"|{WHEN.isoformat()}|{WHEN.isoformat()}|A change\n\n# and why"
    )
    assert origin.head() == made
    assert origin.last_commit_time() == WHEN
    assert origin.next_time() == WHEN + PACE


def test_commits_follow_one_another(origin: Origin) -> None:
    first = commit(origin, {"a.txt": "1", "docs/b.txt": "1"})
    second = commit(origin, {"a.txt": "2"})
    assert git(origin.path, "rev-list", "main").splitlines() == [second, first]
    assert (origin.read_file(first, "a.txt"), origin.read_file(second, "a.txt")) == ("1", "2")
    assert origin.read_file(second, "no.txt") is None
    assert origin.files(second, "docs") == ["docs/b.txt"]
    assert origin.tips() == {"refs/heads/main": second}


def test_a_commit_that_changes_nothing_is_refused_and_leaves_nothing(origin: Origin) -> None:
    commit(origin, {"a.txt": "1"})
    with pytest.raises(ProcessError):
        commit(origin, {"a.txt": "1"})
    assert [path.name for path in origin.path.parent.iterdir()] == [origin.path.name]


def test_a_change_that_fails_leaves_nothing(origin: Origin) -> None:
    before = commit(origin, {"a.txt": "1"})

    def fail(tree: Path) -> None:
        (tree / "a.txt").write_text("2")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        origin.commit(fail, message="m", author=SOMEBODY, when=WHEN)
    assert origin.head() == before
    assert [path.name for path in origin.path.parent.iterdir()] == [origin.path.name]


def test_the_configuration_of_the_person_is_not_used(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".config/git").mkdir(parents=True)
    (home / ".gitconfig").write_text("[user]\n\tname = me\n[core]\n\tautocrlf = true\n")
    (home / ".config/git/ignore").write_text("*.txt\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "me")
    monkeypatch.setenv("GIT_DIR", str(home))
    made = commit(origin, {"a.txt": "one\ntwo\n"})
    assert git(origin.path, "log", "-1", "--format=%an", made) == SOMEBODY.handle
    assert origin.files(made, ".") == ["a.txt"]


def test_tags_of_both_kinds(origin: Origin) -> None:
    made = commit(origin, {"a.txt": "1"})
    origin.tag_release("v1.0.0", made, author=Actor("releaser"), when=WHEN)
    git(origin.path, "tag", "light", made)
    message = "hotfix of prod\n\nWho: on-call\nWhy: it was down\n# not a comment"
    who = {"GIT_COMMITTER_NAME": "on-call", "GIT_COMMITTER_EMAIL": "on-call@example.test"}
    name = "v0.0.0-hotfix.20260302T123000Z"
    words = ("tag", "--annotate", "--cleanup=verbatim", "--message", message, name, made)
    git(origin.path, *words, env=who)
    assert origin.tags() == (
        Tag("light", made, annotated=False, message="", tagger=""),
        Tag(name, made, annotated=True, message=message, tagger="on-call"),
        Tag("v1.0.0", made, annotated=True, message="Release v1.0.0", tagger="releaser"),
    )


def test_no_tags(origin: Origin) -> None:
    commit(origin, {"a.txt": "1"})
    assert origin.tags() == ()


def test_a_release_is_tagged_once(origin: Origin) -> None:
    made = commit(origin, {"a.txt": "1"})
    origin.tag_release("v1.0.0", made, author=SOMEBODY, when=WHEN)
    with pytest.raises(ProcessError, match="already exists"):
        origin.tag_release("v1.0.0", made, author=SOMEBODY, when=WHEN)


def test_refs_resolve_short_and_full_and_branches_first(origin: Origin) -> None:
    first = commit(origin, {"a.txt": "1"})
    origin.tag_release("v1.0.0", first, author=SOMEBODY, when=WHEN)
    git(origin.path, "tag", "main", first)
    second = commit(origin, {"a.txt": "2"})
    found = {ref: origin.resolve(ref) for ref in ("main", "refs/tags/main", "v1.0.0")}
    assert (found["main"].full, found["main"].sha) == ("refs/heads/main", second)
    assert (found["refs/tags/main"].full, found["refs/tags/main"].sha) == ("refs/tags/main", first)
    # the commit, not the tag's own object
    assert (found["v1.0.0"].full, found["v1.0.0"].sha) == ("refs/tags/v1.0.0", first)
    assert origin.resolve("refs/heads/main").sha == second
    for unknown in ("v1", "heads/main", "refs/heads/v1.0.0", second):
        with pytest.raises(DispatchError, match=f"No ref found for: {unknown}"):
            origin.resolve(unknown)


def test_a_clone_is_at_the_commit_and_pushes_back(origin: Origin, tmp_path: Path) -> None:
    first = commit(origin, {"a.txt": "1"})
    commit(origin, {"a.txt": "2"})
    clone = tmp_path / "clone"
    origin.clone_to(clone, first)
    assert (clone / "a.txt").read_text() == "1"
    git(clone, "tag", "from-a-run")
    git(clone, "push", "--quiet", "origin", "from-a-run")
    assert [(tag.name, tag.commit) for tag in origin.tags()] == [("from-a-run", first)]


def test_an_export_holds_the_files_and_no_history(origin: Origin, tmp_path: Path) -> None:
    def change(tree: Path) -> None:
        (tree / "ops").mkdir()
        (tree / "ops/run").write_text("#!/bin/sh\n")
        (tree / "ops/run").chmod(0o755)
        (tree / "a.txt").write_text("1")

    first = origin.commit(change, message="m", author=SOMEBODY, when=WHEN)
    commit(origin, {"b.txt": "1"})
    out = tmp_path / "deep" / "out"
    origin.export(first, out)
    assert {p.relative_to(out).as_posix() for p in out.rglob("*")} == {"a.txt", "ops", "ops/run"}
    assert os.access(out / "ops/run", os.X_OK)
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_copy_goes_its_own_way(origin: Origin, tmp_path: Path) -> None:
    first = commit(origin, {"a.txt": "1"})
    copy = origin.copy_to(tmp_path / "copy.git")
    assert copy.tips() == origin.tips()
    second = commit(copy, {"a.txt": "2"})
    assert (origin.head(), copy.head()) == (first, second)
    other = commit(origin, {"a.txt": "3"})
    origin.tag_release("v1.0.0", other, author=SOMEBODY, when=WHEN)
    assert copy.tags() == ()
    git(origin.path, "gc", "--quiet", "--prune=now")
    assert copy.read_file(first, "a.txt") == "1"
    assert git(copy.path, "fsck", "--full") == ""


def test_any_commit_can_be_fetched_alone(site: Site, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    git(work, "fetch", "--quiet", "--depth=1", site.origin.url, site.first.commit)
    assert git(work, "rev-parse", "FETCH_HEAD") == site.first.commit
    assert git(work, "rev-list", "--count", "FETCH_HEAD") == "1"


def test_a_commit_that_no_branch_holds_can_be_fetched(origin: Origin, tmp_path: Path) -> None:
    first = commit(origin, {"a.txt": "1"})
    lost = commit(origin, {"a.txt": "2"})
    git(origin.path, "update-ref", "refs/heads/main", first)
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet")
    for protocol in ("0", "2"):  # the newer one never asks whether it may
        fetch = ("-c", f"protocol.version={protocol}", "fetch", "--quiet", "--depth=1")
        git(work, *fetch, origin.url, lost)
        assert git(work, "rev-parse", "FETCH_HEAD") == lost
        (work / ".git" / "FETCH_HEAD").unlink()


def test_a_commit_on_another_branch_follows_that_branch(origin: Origin) -> None:
    commit(origin, {"a": "1"})
    git(origin.path, "branch", "side", "main")
    head = commit(origin, {"b": "1"})
    made = commit(origin, {"c": "1"}, branch="side")
    assert origin.files(made, ".") == ["a", "c"]
    assert (origin.head("side"), origin.head()) == (made, head)


def test_a_commit_on_a_new_branch_begins_at_the_default_branch(origin: Origin) -> None:
    head = commit(origin, {"a": "1"})
    made = commit(origin, {"b": "1"}, branch="side")
    assert git(origin.path, "rev-list", "side").splitlines() == [made, head]
    assert origin.head() == head
