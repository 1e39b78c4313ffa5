"""Each drill rule: what it must find, and what is near to it and must stay silent."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_site import SmallSite

from harness.errors import ConfigError
from harness.verify.rules import RULES

pytestmark = pytest.mark.unit

DEPLOY = ".github/workflows/deploy.yml"
SCOPE = "      scope:\n        type: choice\n        options: [one, both]\n"
#: rule, what is replaced, by what, a piece of the line that is found, what the message says
Hit = tuple[str, str, str, str, str]
CHECK = '          if [ "${#REASON}" -lt 10 ]; then exit 1; fi\n'
INVALIDATE = "      - name: Invalidate\n        run: aws"

HITS: list[Hit] = [
    (
        "SD001",
        "infrastructure_only]\n      inv",
        f"infrastructure_only]\n{SCOPE}      inv",
        "options: [one, both]",
        "of its own when scope is",
    ),
    (
        "SD001",
        '            hotfix/*) commit="$GITHUB_SHA" ;;\n            *) commit="$(ops/previous)" ;;\n',
        '            hotfix/*) commit="$GITHUB_SHA" ;;\n',
        "options: [hotfix, rollback]",
        "when operation is 'rollback'",
    ),
    ("SD002", '"$REASON" "v0', '"${{ inputs.reason }}" "v0', 'inputs.reason }}" "v0', "reason"),
    ("SD002", '"$REASON" "v0', '"${{ env.REASON }}" "v0', "env.REASON }}", "reason"),
    (
        "SD002",
        '"$REASON" "v0',
        "\"${{ format('{0}!', github.event.inputs.reason || 'none') }}\" \"v0",
        "format(",
        "reason",
    ),
    ("SD003", CHECK, '          echo "$REASON"\n', "reason:", "no step refuses a reason"),
    (
        "SD003",
        CHECK,
        '          [ -n "$REASON" ] || exit 1\n',
        "reason:",
        "no step refuses a reason",
    ),
    (
        "SD003",
        CHECK,
        '          echo "${#REASON} characters"\n',
        "reason:",
        "no step refuses a reason",
    ),
    ("SD003", "    needs: check\n", "", "run: |\n          case", "before the reason is checked"),
    (
        "SD004",
        INVALIDATE,
        "      - name: Invalidate\n        if: inputs.invalidate\n        run: aws",
        "aws s3 sync",
        "with invalidate=false",
    ),
    (
        "SD004",
        INVALIDATE,
        "      - name: Invalidate\n        if: inputs.method == 'last_known_good'\n        run: aws",
        "aws s3 sync",
        "with method=content_only",
    ),
    (
        "SD004",
        f'aws s3 sync public "s3://site-$ENVIRONMENT"\n{INVALIDATE} cloudfront create-invalidation',
        "ops/put\n      - name: Late\n        run: echo",
        "ops/put",
        "'Upload' changes the content",
    ),
    (
        "SD006",
        "  group: deploy-${{ inputs.environment }}\n",
        "  group: emergency-${{ inputs.environment }}\n",
        "emergency-$",
        "is never the one of the deployment",
    ),
    (
        "SD006",
        "  group: deploy-${{ inputs.environment }}\n",
        "  group: ${{ github.workflow }}-${{ inputs.environment }}\n",
        "github.workflow",
        "is never the one of the deployment",
    ),
    (
        "SD006",
        "  group: deploy-${{ inputs.environment }}\n",
        "  group: deploy-${{ github.run_id }}\n",
        "github.run_id",
        "is never the one of the deployment",
    ),
    (
        "SD006",
        "concurrency:\n  group: deploy-${{ inputs.environment }}\n  cancel-in-progress: false\n",
        "",
        "jobs:",
        "no concurrency group",
    ),
    ("SD007", "permissions:\n  contents: read\n", "", "check:", "job check does not say"),
    (
        "SD008",
        "    environment: ${{ inputs.environment }}\n    steps",
        "    steps",
        "operate:",
        "changes the site with environment=prod, and names no environment",
    ),
    ("SD009", "curl -fsS -o /dev/null", "curl -fsS -o tool", "curl", "not pinned"),
    (
        "SD009",
        "-o /dev/null https://www.site.example/",
        "https://x.example/t.sh | sh",
        "| sh",
        "curl",
    ),
    ("SD009", "terraform apply", "npx wrangler && terraform apply", "npx", "npx wrangler"),
    ("SD009", "terraform apply", "pip install boto3 && terraform apply", "pip install", "boto3"),
    ("SD009", "terraform apply", "ops/fetch; terraform apply", "ops/fetch", "in ops/fetch"),
    (
        "SD009",
        "      - name: Look\n",
        "      - uses: acme/notify@main\n      - name: Look\n",
        "acme/notify@main",
        "whatever its branch holds",
    ),
    ("SD010", "cancel-in-progress: false", "cancel-in-progress: true", "progress: true", "cancels"),
    (
        "SD010",
        "cancel-in-progress: false",
        "cancel-in-progress: ${{ inputs.operation == 'hotfix' }}",
        "cancel-in-progress",
        "cancels",
    ),
    (
        "SD011",
        "on:\n  w",
        "on:\n  schedule:\n    - cron: '0 0 * * *'\n  w",
        "schedule",
        "schedule starts",
    ),
    ("SD012", "    timeout-minutes: 15\n", "", "operate:", "job operate has no timeout-minutes"),
]
SCRIPTS = {
    "ops/put": '#!/bin/sh\naws s3 cp public "s3://$BUCKET" --recursive\n',
    "ops/fetch": "#!/bin/sh\ncurl -sSLO https://example.com/tool\n",
}


@pytest.fixture
def site(tmp_path: Path) -> SmallSite:
    made = SmallSite(tmp_path)
    for file, text in SCRIPTS.items():
        made.write(file, text)
    return made


def test_the_small_site_is_clean(site: SmallSite) -> None:
    assert site.found() == []


@pytest.mark.parametrize(("rule", "old", "new", "piece", "says"), HITS)
def test_a_fault_is_found_in_its_line(
    site: SmallSite, rule: str, old: str, new: str, piece: str, says: str
) -> None:
    site.edit(old, new)
    found = {(one.rule, one.line): one.message for one in site.found()}
    assert (rule, site.line(piece)) in found
    assert says in found[rule, site.line(piece)]


LOOKUPS = "git tag --list --sort=-v:refname | grep -E '^v[0-9]+\\.[0-9]+\\.[0-9]+$' | sed -n 2p"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("git tag --sort=-v:refname | sed -n 2p", "the tag of an earlier emergency"),
        ("git tag --list 'v*' --sort=-v:refname | sed -n 2p", "the tag of an earlier emergency"),
        ("git describe --tags --abbrev=0 HEAD~1", "the tag of an earlier emergency"),
        ("git describe --tags --abbrev=0 --match 'v*' HEAD^", "the tag of an earlier emergency"),
        ("git tag | grep -E '^v[0-9]+\\.[0-9]+\\.[0-9]+$' | tail -n 1", "the release that is live"),
        ("git describe --tags --abbrev=0 --exclude '*-*'", "the release that is live"),
        ("gh release view --json tagName", "the release that is live"),
        (
            "git for-each-ref --sort=-creatordate --count=1 refs/tags",
            "the tag of an earlier emergency or to the release that is live",
        ),
    ],
)
def test_a_target_looked_up_among_tags_may_be_the_wrong_one(
    site: SmallSite, command: str, says: str
) -> None:
    site.edit(LOOKUPS, command, "ops/previous")
    [found] = site.found()
    assert found.rule == "SD005"
    assert found.line == site.line("run: |\n          case")
    assert "in ops/previous can come to" in found.message
    assert found.message.endswith(says)


@pytest.mark.parametrize(
    "command",
    [
        "git tag | grep -vE 'hotfix|rollback' | sort -V | tail -n 2 | head -n 1",
        "git describe --tags --abbrev=0 --exclude 'v0.0.0-*' HEAD~1",
        "git describe --tags --abbrev=0 --match 'release-*' HEAD~1",
        "git tag --list 'release-*' --sort=-v:refname | sed -n 2p",
        "git describe --exact-match",
        "git tag --points-at HEAD | head -n 1",
        "# git tag | head -n 1\nops/records last",
        'git rev-parse --verify "refs/tags/$RELEASE"',
    ],
)
def test_a_careful_look_up_is_left_alone(site: SmallSite, command: str) -> None:
    site.edit(LOOKUPS, command, "ops/previous")
    assert site.found() == []


def test_where_no_emergency_makes_tags_none_can_come_up(site: SmallSite) -> None:
    site.edit('          git tag -a -m "$REASON" "v0.0.0-$OPERATION.1" "$commit"\n', "")
    site.edit(LOOKUPS, "git describe --tags --abbrev=0 HEAD~1", "ops/previous")
    assert site.found() == []


NEAR_MISSES: list[tuple[str, str, str]] = [
    # SD001
    (
        "an option handled by what is left",
        "options: [hotfix, rollback]",
        "options: [hotfix, go-back]",
    ),
    ("a value taken as it is", "options: [staging, prod]", "options: [staging, prod, canary]"),
    (
        "an option that only a script of the site asks for",
        "      - name: Look\n",
        '      - run: ops/scope "$S"\n        env: {S: "${{ inputs.scope }}"}\n      - name: Look\n',
    ),
    # SD002
    ("a choice in a script", '"$REASON" "v0', '"$REASON ${{ inputs.operation }}" "v0'),
    (
        "a comparison in a script",
        '"$REASON" "v0',
        "\"${{ inputs.reason == 'x' && 'a' || 'b' }}\" \"v0",
    ),
    ("a telling function", '"$REASON" "v0', '"${{ contains(inputs.reason, \'x\') }}" "v0'),
    ("the text in a name", "name: Choose", "name: Choose for ${{ inputs.reason }}"),
    # SD003
    ("another way to measure", CHECK, '          [[ "$REASON" =~ .{10,} ]] || exit 1\n'),
    ("a script that measures", CHECK, '          ops/measure "$REASON"\n'),
    (
        "a script of github-script that measures",
        "        run: |\n" + CHECK,
        (
            "        uses: actions/github-script@v7\n        with:\n          script: |\n"
            "            if (context.payload.inputs.reason.trim().length < 10) core.setFailed('why')\n"
        ),
    ),
    # SD004
    (
        "an invalidation wherever content changes",
        INVALIDATE,
        "      - name: Invalidate\n        if: inputs.method != 'infrastructure_only'\n        run: aws",
    ),
    (
        "a download",
        "terraform apply",
        'aws s3 sync "s3://site-$ENVIRONMENT" old && terraform apply',
    ),
    (
        "a record of the deployment",
        "      - name: Look\n",
        "      - run: aws s3 cp it.json s3://site/deployments/it.json\n      - name: Look\n",
    ),
    # SD006
    (
        "a group in other words",
        "group: deploy-${{ inputs.environment }}",
        "group: deploy-${{ github.event.inputs.environment }}",
    ),
    (
        "a group by the environment",
        "group: deploy-${{ inputs.environment }}",
        "group: Deploy-${{ env.ENVIRONMENT }}",
    ),
    # SD007
    (
        "permissions of each job",
        "permissions:\n  contents: read\nconcurrency",
        "concurrency",
    ),
    # SD008
    (
        "an environment with an address",
        "    environment: ${{ inputs.environment }}\n    steps",
        "    environment:\n      name: ${{ inputs.environment }}\n      url: https://x.y\n    steps",
    ),
    # SD009
    ("a look at the site", "curl -fsS -o /dev/null", "curl --fail --silent --output /dev/null"),
    (
        "a checksum",
        "curl -fsS -o /dev/null https://www.site.example/",
        "curl -fsSLO https://www.site.example/t && sha256sum --check t.sum",
    ),
    (
        "a pinned package",
        "terraform apply",
        "pip install boto3==1.42.0 && npx wrangler@4.1.0 && terraform apply",
    ),
    (
        "a lock file",
        "terraform apply",
        "npm ci && pip install -r requirements.txt && terraform apply",
    ),
    (
        "an action's commit",
        "      - name: Look\n",
        f"      - uses: acme/notify@{'0' * 40}\n      - name: Look\n",
    ),
    # SD010
    (
        "never cancelled",
        "cancel-in-progress: false",
        "cancel-in-progress: ${{ inputs.operation == 'none' }}",
    ),
    # SD012
    (
        "limits of each step",
        "    timeout-minutes: 5\n    steps:\n      - name: Check the reason\n",
        "    steps:\n      - name: Check the reason\n        timeout-minutes: 5\n",
    ),
]


@pytest.mark.parametrize(("what", "old", "new"), NEAR_MISSES)
def test_what_is_near_to_a_fault_is_left_alone(
    site: SmallSite, what: str, old: str, new: str
) -> None:
    site.write(
        "ops/measure", "#!/usr/bin/env node\nif (process.argv[2].trim().length < 10) throw 1;\n"
    )
    site.write("ops/scope", "#!/bin/sh\ncase $1 in one) echo 1 ;; both) echo 2 ;; esac\n")
    site.edit(old, new)
    if "script of the site" in what:
        site.edit("      invalidate:\n", f"{SCOPE}      invalidate:\n")
    if what == "permissions of each job":
        site.edit("  check:\n", "  check:\n    permissions: {}\n")
        site.edit("  operate:\n", "  operate:\n    permissions:\n      contents: write\n")
    assert [(one.rule, one.message) for one in site.found()] == []


def test_a_staging_path_needs_no_environment(site: SmallSite) -> None:
    site.edit(
        "    environment: ${{ inputs.environment }}\n    steps",
        "    if: inputs.environment == 'staging'\n    steps",
    )
    assert "SD008" not in {one.rule for one in site.found()}


def test_a_site_without_cloudfront_has_nothing_to_invalidate(site: SmallSite) -> None:
    for file in (".github/workflows/emergency.yml", DEPLOY):
        text = (site.root / file).read_text()
        site.write(file, "\n".join(line for line in text.split("\n") if "cloudfront" not in line))
    site.edit("      - name: Invalidate\n", "      - name: Nothing\n        run: 'true'\n")
    assert site.found() == []


def test_a_workflow_that_only_another_calls_has_its_callers_permissions(site: SmallSite) -> None:
    called = "on: workflow_call\njobs:\n  a:\n    runs-on: x\n    steps: [{run: 'true'}]\n"
    site.write(".github/workflows/called.yml", called)
    assert site.found() == []
    site.write(".github/workflows/called.yml", called.replace("workflow_call", "push"))
    assert [one.rule for one in site.found()] == ["SD007"]


def test_what_a_called_workflow_does_counts_with_what_it_is_given(site: SmallSite) -> None:
    """The content goes live in a called workflow, whose invalidation hangs on an input."""
    site.write(
        ".github/workflows/upload.yml",
        "on:\n  workflow_call:\n    inputs:\n      flush: {type: boolean, default: false}\n"
        "permissions: {}\njobs:\n  up:\n    runs-on: x\n    timeout-minutes: 5\n    environment: prod\n"
        "    steps:\n      - run: aws s3 sync public s3://site\n      - if: inputs.flush\n"
        "        run: aws cloudfront create-invalidation\n",
    )
    call = (
        "  up:\n    needs: [check, operate]\n    uses: ./.github/workflows/upload.yml\n    with:\n"
    )
    site.edit("jobs:\n", f"jobs:\n{call}      flush: ${{{{ inputs.operation == 'rollback' }}}}\n")
    [found] = site.found()
    assert (found.rule, found.path) == ("SD004", "upload.yml")
    assert "with operation=hotfix" in found.message
    site.edit("flush: ${{ inputs.operation == 'rollback' }}", "flush: true")
    assert site.found() == []


def test_a_reason_that_is_checked_when_all_is_done_is_checked_too_late(site: SmallSite) -> None:
    site.edit(CHECK, "          echo no check here\n")
    late = f"      - name: Check late\n        run: |\n{CHECK}"
    site.edit("      - name: Look\n", f"{late}      - name: Look\n")
    [found] = site.found()
    assert (found.rule, found.line) == ("SD003", site.line("run: |\n          case"))
    assert found.message == "'Choose' changes something before the reason is checked"


def test_an_option_is_followed_into_a_called_workflow_under_its_new_name(site: SmallSite) -> None:
    site.write(
        ".github/workflows/say.yml",
        "on:\n  workflow_call:\n    inputs:\n      extent: {type: string}\n"
        "permissions: {}\njobs:\n  say:\n    runs-on: x\n    timeout-minutes: 5\n"
        '    steps:\n      - run: case "$E" in one) ops/one ;; both) ops/both ;; esac\n'
        "        env: {E: '${{ inputs.extent }}'}\n",
    )
    site.edit("      invalidate:\n", f"{SCOPE}      invalidate:\n")
    call = "  say:\n    uses: ./.github/workflows/say.yml\n    with:\n      extent: ${{ inputs.scope }}\n"
    site.edit("jobs:\n", f"jobs:\n{call}")
    assert site.found() == []
    site.edit("[one, both]", "[one, both, none]")
    [found] = site.found()
    assert (found.rule, found.line) == ("SD001", site.line("[one, both, none]"))
    assert found.message == "no step does anything of its own when scope is 'none'"


def test_settings_say_which_workflow_is_the_emergencys(site: SmallSite) -> None:
    """By its looks nobody would take it for one."""
    text = (site.root / ".github/workflows/emergency.yml").read_text()
    (site.root / ".github/workflows/emergency.yml").unlink()
    site.write(
        ".github/workflows/red.yml",
        text.replace("reason", "note").replace("name: Emergency", "name: Red"),
    )
    site.write(
        "sitedrill.toml",
        '[site]\nrepository = "a/b"\ncontent = "public"\n[workflows]\ndeploy = "deploy.yml"\n'
        '[workflows.emergency]\nfile = "red.yml"\n[workflows.emergency.inputs]\nreason = "note"\n'
        'environment = "environment"\noperation = "operation"\nmethod = "method"\n'
        '[environments.prod]\nalias = "www.site.example"\nbucket = "site-prod"\n',
    )
    assert site.found() == []
    site.edit('"${#REASON}" -lt 10', '"$REASON" = ""', ".github/workflows/red.yml")
    [found] = site.found()
    assert (found.rule, found.message) == ("SD003", "no step refuses a note that is too short")


@pytest.mark.parametrize("role", ["emergency", "deploy"])
def test_settings_that_name_no_workflow_of_the_site_are_refused(site: SmallSite, role: str) -> None:
    site.write(
        "sitedrill.toml",
        '[site]\nrepository = "a/b"\ncontent = "public"\n[workflows]\ndeploy = "deploy.yml"\n'
        '[environments.prod]\nalias = "www.site.example"\nbucket = "site-prod"\n',
    )
    (site.root / f".github/workflows/{role}.yml").rename(site.root / ".github/workflows/other.yml")
    with pytest.raises(
        ConfigError, match=rf"workflows\.{role}\.file is '{role}.yml', expected one"
    ):
        site.found()


def test_every_drill_rule_has_a_hit_here() -> None:
    tried = {hit[0] for hit in HITS} | {"SD005"}
    assert tried == {name for name in RULES if name.startswith("SD0") and name != "SD090"}
