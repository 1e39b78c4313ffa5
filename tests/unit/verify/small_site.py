"""A small site with an emergency that every drill rule is content with, and changes to it."""

from __future__ import annotations

from pathlib import Path

from harness.verify.finding import Finding
from harness.verify.look import View
from harness.verify.merging import merged
from harness.verify.rules import CAUSES, DRILL_RULES
from harness.verify.site import read_site
from harness.verify.syntax import read_source

EMERGENCY = """\
name: Emergency
on:
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, prod]
        required: true
      operation:
        type: choice
        options: [hotfix, rollback]
        required: true
      reason:
        type: string
        required: true
      method:
        type: choice
        options: [last_known_good, content_only, infrastructure_only]
      invalidate:
        type: boolean
        default: true
permissions:
  contents: read
concurrency:
  group: deploy-${{ inputs.environment }}
  cancel-in-progress: false
env:
  ENVIRONMENT: ${{ inputs.environment }}
  OPERATION: ${{ inputs.operation }}
  METHOD: ${{ inputs.method }}
  REASON: ${{ inputs.reason }}
jobs:
  check:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - name: Check the reason
        run: |
          if [ "${#REASON}" -lt 10 ]; then exit 1; fi
  operate:
    needs: check
    runs-on: ubuntu-latest
    timeout-minutes: 15
    environment: ${{ inputs.environment }}
    steps:
      - name: Choose
        id: target
        run: |
          case "$OPERATION/$METHOD" in
            hotfix/*) commit="$GITHUB_SHA" ;;
            *) commit="$(ops/previous)" ;;
          esac
          git tag -a -m "$REASON" "v0.0.0-$OPERATION.1" "$commit"
      - name: Apply
        if: inputs.method != 'content_only'
        run: terraform apply -auto-approve
      - name: Upload
        if: inputs.method != 'infrastructure_only'
        run: aws s3 sync public "s3://site-$ENVIRONMENT"
      - name: Invalidate
        run: aws cloudfront create-invalidation --paths '/*' --distribution-id X
      - name: Look
        run: curl -fsS -o /dev/null https://www.site.example/
"""
DEPLOY = """\
name: Deploy
on:
  workflow_dispatch:
    inputs:
      environment:
        type: choice
        options: [staging, prod]
      release:
        type: string
permissions:
  contents: read
concurrency:
  group: deploy-${{ inputs.environment || 'staging' }}
  cancel-in-progress: false
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: ${{ inputs.environment }}
    steps:
      - run: aws s3 sync public "s3://site-$ENVIRONMENT"
        env:
          ENVIRONMENT: ${{ inputs.environment }}
      - run: aws cloudfront create-invalidation --paths '/*' --distribution-id X
"""
PREVIOUS = """\
#!/usr/bin/env bash
# The tag before the newest: git tag | head -n 1 would be the newest.
git tag --list --sort=-v:refname | grep -E '^v[0-9]+\\.[0-9]+\\.[0-9]+$' | sed -n 2p
"""


class SmallSite:
    """The site's files; `edit` changes one, `found` tells what the drill rules find then."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write(".github/workflows/emergency.yml", EMERGENCY)
        self.write(".github/workflows/deploy.yml", DEPLOY)
        self.write("ops/previous", PREVIOUS)

    def write(self, file: str, text: str) -> None:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, old: str, new: str, file: str = ".github/workflows/emergency.yml") -> None:
        text = (self.root / file).read_text()
        assert text.count(old) == 1, (text.count(old), old)
        self.write(file, text.replace(old, new))

    def line(self, piece: str, file: str = ".github/workflows/emergency.yml") -> int:
        before, found, _ = (self.root / file).read_text().partition(piece)
        assert found
        return before.count("\n") + 1

    def found(self) -> list[Finding]:
        sources = []
        for path in sorted((self.root / ".github/workflows").iterdir()):
            source, wrong = read_source(
                path.name, f".github/workflows/{path.name}", path.read_text()
            )
            assert not wrong
            sources.append(source)
        view = View(read_site(self.root, sources, [], None))
        return merged((f for rule in DRILL_RULES for f in rule.look(view)), CAUSES)
