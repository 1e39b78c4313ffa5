"""What was found, written down: the settings, commented, and a first feature."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from harness.incidents import load_incidents
from harness.resources import incidents_dir
from harness.settings.workflows import METHODS
from harness.survey.found import Found
from harness.survey.inputs import Form

#: Stands where a person has to say what we could not tell.
MARK = "FILL IN"
#: Where the first feature goes.
FEATURE = "drill/features/emergency.feature"
#: The incident of the first feature: every site has pages.
_INCIDENT = "html-truncated"
#: What the settings give the workflows when they say nothing of variables.
_GIVEN = re.compile(r"AWS_REGION|[A-Z0-9_]+_(URL|ROLE_ARN)")
_SHARED = {"REGION": "region", "ACCOUNT": "account", "REPOSITORY": "repository"}
_OWN = {"ROLE": "role_arn", "URL": "url", "BUCKET": "bucket", "DISTRIBUTION": "distribution_id",
        "DOMAIN": "alias", "HOST": "alias", "ALIAS": "alias"}  # fmt: skip


def settings_text(found: Found) -> str:
    """`sitedrill.toml`: what was found, and a mark wherever a person has to look."""
    lines = [
        "# What sitedrill has to know of this site. The workflows never read it.",
        "# Written by `sitedrill init`; docs/bring-your-own-site.md of sitedrill tells of every key.",
        "",
        *_site(found),
        "",
        *_releases(found),
        "",
        *_deploy(found),
        "",
        *_emergency(found),
        "",
        *_variables(found),
    ]
    for place in found.places:
        lines += [f"[environments.{_key(place.name)}]"]
        if found.cloudfront:
            lines += _marked("alias", place.alias, f"{place.name}.example.com", "what viewers type")
        elif place.alias:
            lines += [_pair("alias", place.alias)]
        lines += _marked("bucket", place.bucket, f"{_slug(place.name)}-bucket", "holds the pages")
        lines += [_pair("region", found.region)]
        if not found.cloudfront:
            lines += ['serves = "website" # no CloudFront was seen']
        lines += [
            '# responder = "owner" # who starts the emergency workflow: member, owner, or handles',
            "",
        ]
    lines += _audit(found)
    lines += ["", *_doubles(found)]
    lines += [
        "[features]",
        f'folder = "{FEATURE.rpartition("/")[0]}"',
        "# refusals = true # also hold the workflow to our rules: a long reason, owners in production",
        "",
        "# Headers that every answer must carry:",
        "# [headers]",
        '# x-content-type-options = "nosniff"',
    ]
    return "\n".join(lines) + "\n"


def feature_text(found: Found) -> str:
    """A first feature: every page is cut short, and the site's own methods answer."""
    place = next(
        (p for p in found.places if not p.name.lower().startswith("prod")), found.places[0]
    )
    expect = load_incidents(incidents_dir()).get(_INCIDENT)
    rows = [
        f"      | {_INCIDENT} | {method:19} | {outcome:16} |"
        for method in found.emergency_form.values.get("method", METHODS)
        if (outcome := expect.expected("drift", method)) is not None
    ]
    return "\n".join(
        [
            "Feature: The emergency workflow brings the site back",
            "  Every page ends in the middle, and the engineer on call answers.",
            "",
            "  Scenario Outline: <incident>, and rolled back by <method>",
            f"    Given {place.name} serves the newest release",
            "    And the site is in its steady state",
            '    When the live environment drifts into "<incident>"',
            "    And viewers see it",
            "    And the engineer on call rolls back by <method>",
            "    Then the site <outcome>",
            "    And the audit trail tells who, what, when and why",
            "    And the drill meets its expectation",
            "",
            "    Examples:",
            "      | incident       | method              | outcome          |",
            *rows,
            "",
        ]
    )


def _site(found: Found) -> list[str]:
    lines = ["[site]"]
    lines += _marked(
        "repository", found.repository, f"OWNER/{_slug(found.name)}", "its name on GitHub"
    )
    lines += _marked("content", found.content, "src", "the files that pages are made from")
    if found.build:
        lines += [_pair("build", list(found.build))]
        lines += _marked("output", found.output, "dist", "the folder that the build fills")
    lines += [f'{_pair("error_page", found.error_page)} # below the content; "" when there is none']
    if found.state:
        lines += [
            "# The bucket of the infrastructure's state, which is there before the first release."
        ]
        lines += [_pair("prepare", [f"aws s3api create-bucket --bucket {found.state}"])]
    return [*lines, f"{_pair('watch', list(found.watch))} # probed all through a drill"]


def _releases(found: Found) -> list[str]:
    past = "the repository's own two newest" if found.releases > 1 else "made from HEAD"
    return [
        "[releases]",
        f"{_pair('tags', found.tags)} # * stands for dotted numbers",
        f'# history = "auto" # {past}; or "tags", or "made"',
    ]


def _deploy(found: Found) -> list[str]:
    lines = ["[workflows.deploy]"]
    lines += _marked("file", found.deploy, "deploy.yml", "deploys a release")
    if found.deployed_by_push:
        return [*lines, 'on = "push" # the push of a release\'s tag starts it']
    return [*lines, *_form("workflows.deploy", found.deploy_form)]


def _emergency(found: Found) -> list[str]:
    lines = ["# The workflow under drill: our words, and what its inputs are called."]
    lines += ["[workflows.emergency]"]
    lines += _marked("file", found.emergency, "emergency.yml", "the workflow under drill")
    if found.emergency_form.by_tag:
        lines += ['target = "tag" # a release is named where a commit could be']
    return [*lines, *_form("workflows.emergency", found.emergency_form)]


def _form(section: str, form: Form) -> list[str]:
    lines = ["", f"[{section}.inputs]", *(_pair(w, their) for w, their in form.inputs.items())]
    for word, values in form.values.items():
        lines += ["", f"[{section}.values.{word}]"]
        lines += ["# What is not named here is not offered."]
        lines += [_pair(ours, their) for ours, their in values.items()]
    if form.always:
        lines += ["", f"[{section}.always]", f"# {MARK}: inputs that are required, with a guess."]
        lines += [_pair(name, value) for name, value in form.always.items()]
    return lines


def _variables(found: Found) -> list[str]:
    lines = []
    names = [place.name for place in found.places]
    known = {"AWS_REGION", *(f"{n.upper()}_{w}" for n in names for w in ("URL", "ROLE_ARN"))}
    guesses = {name: _guess(name, names) for name in found.variables}
    shared = {name: value for name, value in guesses.items() if isinstance(value, str)}
    if set(found.variables) - known:
        lines += ["[variables]", *_guessed(shared), ""] if shared else []
        own = {name: value for name, value in guesses.items() if not isinstance(value, str)}
        for place in names if own else ():
            lines += [f"[environments.{_key(place)}.variables]"]
            lines += [_pair(name, f"{{{place}.{words[0]}}}") for name, words in own.items()] + [""]
    if found.secrets:
        lines += [
            "# What the workflows read as secrets; in a drill any value will do.",
            "[secrets]",
        ]
        for name in found.secrets:
            guess = _guess(name, names)
            value = guess if isinstance(guess, str) and guess != MARK else "made-up"
            lines += [_pair(name, value)]
        lines += [""]
    return lines


def _guess(name: str, environments: Iterable[str]) -> str | tuple[str]:
    """A placeholder; as a tuple its word alone, where each environment has its own value."""
    upper = name.upper()
    shared = next((word for part, word in _SHARED.items() if part in upper), "")
    if shared:
        return f"{{{shared}}}"
    own = next((word for part, word in _OWN.items() if part in upper), "")
    for environment in environments:
        if environment.upper().replace("-", "_") in upper:
            return f"{{{environment}.{own}}}" if own else MARK
    return (own,) if own else MARK


def _guessed(values: Mapping[str, str]) -> list[str]:
    return [
        f"{_pair(name, value)}{f' # {MARK}' if value == MARK else ''}"
        for name, value in values.items()
    ]


def _audit(found: Found) -> list[str]:
    lines = ["[audit]", f"{_pair('places', list(found.audit))} # where its trail must be found"]
    if "tag" in found.audit and not found.audit_tags_known:
        lines += [f'tags = "v0.0.0-*" # {MARK}: the tags that an emergency operation pushes']
    note = "the records it keeps in a bucket begin with this"
    return [*lines, f"{_pair('records', found.records)} # {note}"]


def _doubles(found: Found) -> list[str]:
    lines = []
    for section, names, where in (
        ("actions", found.actions, "drill/doubles"),
        ("downloads", found.downloads, "drill/files"),
    ):
        if names:
            lines += [f"# {MARK}: these have no double. Name a folder or file of yours for each."]
            lines += [f"# [doubles.{section}]"]
            lines += [f"# {_pair(name, f'{where}/{_slug(name)}', quoted=True)}" for name in names]
            lines += [""]
    return lines


def _marked(key: str, value: str, guess: str, what: str) -> list[str]:
    note = what if value else f"{MARK}: {what}"
    return [f"{_pair(key, value or guess)} # {note}"]


def _pair(key: str, value: object, *, quoted: bool = False) -> str:
    return f"{_json(key) if quoted else _key(key)} = {_json(value)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _json(name)


def _json(value: object) -> str:
    # A JSON string or list is one of TOML's, but for the one control character that JSON lets pass.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "site"
