"""The stand-in for actions/checkout leaves what the real one leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner_support import FILE, SOMEBODY, WHEN, Bench, workflow

from harness.github.git import git

pytestmark = pytest.mark.integration


def past(bench: Bench, steps: str, *texts: str) -> list[str]:
    """Commits of one file, the last with the workflow beside it; the first is a release."""
    commits = []
    for number, text in enumerate(texts):
        files = {"page.txt": text}
        if number == len(texts) - 1:
            files[FILE] = workflow(steps)

        def change(tree: Path, files: dict[str, str] = files) -> None:
            for name, body in files.items():
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                (tree / name).write_text(body)

        commits.append(bench.origin.commit(change, message=text, author=SOMEBODY, when=WHEN))
    bench.origin.tag_release("v1.0.0", commits[0], author=SOMEBODY, when=WHEN)
    git(bench.origin.path, "branch", "side/way", commits[1])
    return commits


LOOK = """
- name: Look
  run: |
    cd "${WHERE:-.}"
    cat page.txt; echo
    git rev-parse HEAD
    git rev-list --count HEAD
    git tag --list
"""


def test_by_default_one_commit_the_dispatched_one(bench: Bench) -> None:
    commits = past(bench, "- uses: actions/checkout@v4\n" + LOOK, "one", "two", "three")
    ran = bench.run_at(commits[-1])
    assert ran.outcome.cause == ""
    assert ran.output("Look") == ["three", commits[2], "1"]


def test_with_depth_0_everything_is_there(bench: Bench) -> None:
    steps = "- uses: actions/checkout@v4\n  with: { fetch-depth: 0 }\n" + LOOK
    steps += "    git rev-parse --verify refs/remotes/origin/side/way\n"
    commits = past(bench, steps, "one", "two", "three")
    ran = bench.run_at(commits[-1])
    assert ran.output("Look") == ["three", commits[2], "3", "v1.0.0", commits[1]]


def test_a_branch_a_tag_and_a_commit_by_name(bench: Bench) -> None:
    steps = """
- uses: actions/checkout@v4
  id: tag
  with: { ref: v1.0.0 }
- name: Tag
  run: cat page.txt; git rev-parse HEAD; echo "${{ steps.tag.outputs.commit }}"
- uses: actions/checkout@v5
  with: { ref: side/way, fetch-depth: 2 }
- name: Branch
  run: cat page.txt; git rev-parse HEAD; git rev-list --count HEAD; git branch --show-current
- uses: actions/checkout@v3
  with: { ref: refs/tags/v1.0.0 }
- name: Full
  run: cat page.txt
- uses: actions/checkout@v4
  with: { ref: "${{ vars.COMMIT }}" }
- name: Commit
  run: cat page.txt; git rev-parse HEAD; git rev-list --count HEAD
"""
    steps = steps.replace("cat page.txt", 'echo "$(cat page.txt)"')
    commits = past(bench, steps, "one", "two", "three")
    ran = bench.run_at(commits[-1], variables={"COMMIT": commits[1]})
    assert ran.outcome.cause == ""
    assert ran.output("Tag") == ["one", commits[0], commits[0]]
    assert ran.output("Branch") == ["two", commits[1], "2", "side/way"]
    assert ran.output("Full") == ["one"]
    assert ran.output("Commit") == ["two", commits[1], "1"]


def test_a_second_checkout_below_keeps_the_first(bench: Bench) -> None:
    steps = """
- uses: actions/checkout@v4
  with: { fetch-depth: 0 }
- name: Leave
  run: echo mine > left.txt
- uses: actions/checkout@v4
  with: { ref: v1.0.0, path: target }
- name: Look
  run: |
    cat page.txt; echo; cat target/page.txt; echo; cat left.txt
    git rev-list --count HEAD; git -C target rev-list --count HEAD
"""
    commits = past(bench, steps, "one", "two", "three")
    ran = bench.run_at(commits[-1])
    assert ran.output("Look") == ["three", "one", "mine", "3", "1"]


def test_checking_out_again_leaves_nothing_of_before(bench: Bench) -> None:
    steps = """
- uses: actions/checkout@v4
- run: echo x > left.txt; mkdir -p deep/er; git config user.name x
- uses: actions/checkout@v4
- name: Look
  run: ls; git config user.name || echo none
"""
    commits = past(bench, steps, "one", "two")
    assert bench.run_at(commits[-1]).output("Look") == ["page.txt", "none"]


def test_a_tag_is_pushed_to_the_origin(bench: Bench) -> None:
    steps = """
- uses: actions/checkout@v4
- run: git tag from-a-run && git push --quiet origin from-a-run
"""
    commits = past(bench, steps, "one", "two")
    assert bench.run_at(commits[-1]).outcome.conclusion == "success"
    tags = {tag.name: tag.commit for tag in bench.origin.tags()}
    assert tags["from-a-run"] == commits[-1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ref: no-such", "A branch or tag with the name 'no-such' could not be found"),
        ("ref: refs/tags/no", "A branch or tag with the name 'no' could not be found"),
        ("path: ../outside", "Repository path '"),
        ("fetch-depth: -1", "fetch-depth is '-1', expected a whole number, 0 or more"),
    ],
)
def test_what_cannot_be_checked_out_is_said(bench: Bench, given: str, said: str) -> None:
    steps = f"- name: Check out\n  uses: actions/checkout@v4\n  with: {{ {given} }}\n"
    commits = past(bench, steps, "one", "two")
    outcome = bench.run_at(commits[-1]).outcome
    assert outcome.conclusion == "failure"
    assert outcome.cause.startswith(f"step Check out failed: {said}")


def test_a_commit_that_is_not_there(bench: Bench) -> None:
    steps = f"- name: Check out\n  uses: actions/checkout@v4\n  with: {{ ref: {'0' * 40} }}\n"
    commits = past(bench, steps, "one", "two")
    ran = bench.run_at(commits[-1])
    assert ran.outcome.conclusion == "failure"
    assert "0" * 40 in "\n".join(ran.output("Check out"))
