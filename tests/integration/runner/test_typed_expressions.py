"""What somebody typed into a form stays text in a real act, even where it looks like an expression."""

from __future__ import annotations

import pytest
from runner_support import Bench

from harness.github.expressions import interpolate
from harness.github.projection import STUB_LABEL, TEACHER, project

pytestmark = pytest.mark.integration

SECRET = "hunter2-of-the-harbour"
TYPED = "it's ${{ secrets.KEY }}, }} and ''${{ github.token }}''\nfrom ${{ github.actor }}"
WORKFLOW = """\
name: W
on:
  workflow_dispatch:
    inputs:
      reason: {required: true}
      where: {required: true}
env:
  REASON: ${{ inputs.reason }}
  PLAIN: ${{ github.job }} of ${{ inputs.where }}
jobs:
  say:
    runs-on: ubuntu-latest
    env:
      AGAIN: again ${{ inputs.reason }}
      SAID: ${{ inputs.reason }}
    outputs:
      said: ${{ env.SAID }}
    steps:
      - name: Say
        run: printf '%s\\n' "$REASON" "$AGAIN" "$PLAIN"
      - name: Say it under another name
        env:
          OTHER: <${{ env.REASON }}> ${{ inputs.where }}
          BRACKETS: ${{ env['AGAIN'] }}
        run: printf '%s\\n' "$OTHER" "$BRACKETS"
      - name: Say it if it is so
        if: contains(env.REASON, 'github.token')
        run: echo so
"""


def test_a_reason_that_names_a_secret_is_what_was_typed(bench: Bench) -> None:
    context = {"inputs": {"reason": TYPED, "where": "prod"}, "github": {"job": "say"}}
    files = project(
        WORKFLOW,
        file="w.yml",
        name="W",
        job="say",
        needs={},
        evaluate=lambda text: interpolate(text, context),
    )
    ran = bench.run(
        "",
        files={".github/workflows/w.yml": files["w.yml"]},
        name="say",
        own="say",
        helpers=STUB_LABEL,
        outputs_from=TEACHER,
        secrets={"KEY": SECRET},
        event={"inputs": {"reason": TYPED, "where": "prod"}},
    )
    assert ran.outcome.conclusion == "success", ran.outcome.cause
    assert ran.output("Say") == [
        *TYPED.split("\n"),
        *f"again {TYPED}".split("\n"),
        "say of prod",
    ]
    assert ran.output("Say it under another name") == [
        *f"<{TYPED}> prod".split("\n"),
        *f"again {TYPED}".split("\n"),
    ]
    assert ran.output("Say it if it is so") == ["so"]
    assert ran.outcome.outputs == {"said": TYPED}
    assert SECRET not in ran.text
