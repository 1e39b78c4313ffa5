"""Incidents say what they break, break just that, and are refused when they say it wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from harness.errors import ConfigError
from harness.github.actors import Actor, Cast
from harness.github.history import build_history
from harness.github.origin import Origin
from harness.incidents import (
    Catalogue,
    ConfigurationPatch,
    ContentEdit,
    Fault,
    Incident,
    Symptom,
    edit_content,
    load_incident,
    load_incidents,
    patch_distribution,
    patch_website,
)
from harness.injection import DISTRIBUTION_FILE, break_site
from harness.resources import incidents_dir, reference_site
from harness.settings import load_settings, read_settings

pytestmark = pytest.mark.unit

FILES = sorted(incidents_dir().glob("*.toml"))
SHIPPED = load_incidents(incidents_dir())
RESPONSES = {
    "last_known_good",
    "specific_commit",
    "infrastructure_only",
    "content_only",
    "hotfix",
}

#: Those that the reference site has nothing for: it has no function, and no website without CloudFront.
ELSEWHERE = {"function-breaks-routing", "website-error-page-lost", "website-index-missing"}

GOOD = """\
id = "sample"
title = "Something is lost"
layer = "content"

[[fault.content]]
files = "*.html"
keep = 0.5

[[symptom]]
path = "/"
status = 200

[expect.release]
last_known_good = "recovers"
"""


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Origin, str]:
    origin = Origin.create(tmp_path_factory.mktemp("released") / "origin.git")
    _, second = build_history(
        reference_site(), origin, content="src", cast=Cast(7), author=Actor("on-call")
    )
    return origin, second.commit


@pytest.fixture
def tree(released: tuple[Origin, str], tmp_path: Path) -> Path:
    origin, commit = released
    origin.export(commit, tmp_path / "tree")
    return tmp_path / "tree"


def contents(tree: Path) -> dict[str, bytes]:
    files = (path for path in tree.rglob("*") if path.is_file())
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files}


def broken(tree: Path, fault: Fault) -> None:
    incident = SHIPPED.get("html-truncated").model_copy(update={"fault": fault})
    break_site(tree, incident, load_settings(reference_site()))


def changes(tree: Path, fault: Fault) -> dict[str, tuple[bytes, bytes | None]]:
    """What breaking does to a tree: each changed file before and after."""
    before = contents(tree)
    broken(tree, fault)
    after = contents(tree)
    assert set(after) <= set(before)
    return {
        name: (body, after.get(name)) for name, body in before.items() if after.get(name) != body
    }


def differences(before: Any, after: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Every place at which two configurations differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = {key: (before.get(key), after.get(key)) for key in {*before, *after}}
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = {str(n): pair for n, pair in enumerate(zip(before, after, strict=True))}
    else:
        return {} if before == after else {path: (before, after)}
    found: dict[str, tuple[Any, Any]] = {}
    for key, (old, new) in pairs.items():
        found |= differences(old, new, f"{path}/{key}")
    return found


def test_every_shipped_incident_is_in_the_catalogue() -> None:
    assert len(FILES) >= 4
    assert set(SHIPPED.incidents) == {file.stem for file in FILES}
    assert {"content", "infrastructure"} <= {i.layer for i in SHIPPED.incidents.values()}


@pytest.mark.parametrize("name", SHIPPED.incidents)
def test_a_shipped_incident_says_what_every_response_does(name: str) -> None:
    incident = SHIPPED.get(name)
    assert set(incident.expect.release) == RESPONSES
    assert set(incident.expect.drift) == RESPONSES
    assert incident.title
    assert incident.story


@pytest.mark.parametrize("name", sorted(set(SHIPPED.incidents) - ELSEWHERE))
def test_a_shipped_incident_breaks_its_own_layer_and_nothing_else(name: str, tree: Path) -> None:
    incident = SHIPPED.get(name)
    assert bool(incident.fault.distribution) == (incident.layer == "infrastructure")
    assert bool(incident.fault.content) == (incident.layer == "content")
    changed = changes(tree, incident.fault)
    assert changed
    if incident.layer == "infrastructure":
        assert set(changed) == {DISTRIBUTION_FILE.as_posix()}
    else:
        touched = {name.removeprefix("src/") for name in changed if name.startswith("src/")}
        assert len(touched) == len(changed)
        for file in touched:
            assert any(edit.applies_to(file) for edit in incident.fault.content)


def broken_distribution(tree: Path, name: str) -> dict[str, tuple[Any, Any]]:
    ((before, after),) = changes(tree, SHIPPED.get(name).fault).values()
    return differences(json.loads(before), json.loads(after or b""))


def test_the_default_root_object_is_lost(tree: Path) -> None:
    assert broken_distribution(tree, "cloudfront-root-object-missing") == {
        "/DefaultRootObject": ("index.html", "")
    }


def test_the_origin_is_another_bucket(tree: Path) -> None:
    assert broken_distribution(tree, "cloudfront-wrong-origin") == {
        "/Origins/Items/0/DomainName": (
            "${BUCKET}.s3.${REGION}.amazonaws.com",
            "harbourlight-archive.s3.us-east-1.amazonaws.com",
        )
    }


def test_every_page_is_cut(tree: Path) -> None:
    pages = {name for name in contents(tree) if name.endswith(".html")}
    changed = changes(tree, SHIPPED.get("html-truncated").fault)
    assert set(changed) == pages
    for before, after in changed.values():
        assert after is not None
        assert before.startswith(after)
        assert len(after) == int(len(before) * 0.6)
        assert b"</html>" in before
        assert b"</html>" not in after


def test_every_page_refers_to_styles_that_are_not_there(tree: Path) -> None:
    changed = changes(tree, SHIPPED.get("html-broken-asset-links").fault)
    assert {"src/index.html", "src/404.html", "src/timetable/index.html"} <= set(changed)
    for before, after in changed.values():
        assert before.replace(b"css/site.css", b"css/site.4f1c9b.css") == after
    assert not (tree / "src/css/site.4f1c9b.css").exists()


def test_a_fault_that_deletes_and_one_of_both_layers(tree: Path) -> None:
    fault = Fault(
        distribution=(ConfigurationPatch(op="remove", path="/Comment"),),
        content=(ContentEdit(files="css/*", delete=True),),
    )
    changed = changes(tree, fault)
    assert {name: after is None for name, (_, after) in changed.items()} == {
        "infra/distribution.json": False,
        "src/css/site.css": True,
        "src/css/print.css": True,
    }


@pytest.mark.parametrize("text", [None, "{", "\xff"])
def test_a_site_without_a_distribution_to_break(tree: Path, text: str | None) -> None:
    file = tree / DISTRIBUTION_FILE
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="latin-1")
    with pytest.raises(ConfigError, match="distribution is missing") as caught:
        broken(tree, SHIPPED.get("cloudfront-wrong-origin").fault)
    assert caught.value.file == str(file)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/DefaultRootObjects", "value": ""},
        {"op": "remove", "path": "/Origins/Items/7"},
        {"op": "add", "path": "/Comment/more", "value": 1},
        {"op": "test", "path": "/Enabled", "value": False},
        {"op": "move", "path": "/Comment"},
        {"op": "copy", "path": "/Comment", "from": "/None"},
    ],
    ids=lambda operation: operation["op"],
)
def test_a_patch_that_does_not_fit_is_refused(tree: Path, operation: dict[str, Any]) -> None:
    before = contents(tree)
    fault = Fault.model_validate({"distribution": [operation]})
    with pytest.raises(ConfigError, match=r"fault\.distribution is .* a JSON Patch that fits"):
        broken(tree, fault)
    assert contents(tree) == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/a~2"},
        {"op": "remove", "path": "/a~"},
        {"op": "copy", "path": "/b", "from": "/a~2"},
    ],
    ids=str,
)
def test_a_path_with_a_wrong_escape_is_refused(operation: dict[str, Any]) -> None:
    fault = Fault.model_validate({"distribution": [operation]})
    with pytest.raises(ConfigError, match=r"fault\.distribution is .* a JSON Patch that fits"):
        patch_distribution(fault, {"a": 1})


@pytest.mark.parametrize(
    "steps",
    [
        [{"op": "replace", "path": "/a", "value": 1}],
        [{"op": "replace", "path": "/b", "value": 3}, {"op": "add", "path": "/a", "value": 1}],
        [{"op": "test", "path": "/a", "value": 1}],
        [{"op": "move", "from": "/a", "path": "/c"}, {"op": "move", "from": "/c", "path": "/a"}],
    ],
    ids=str,
)
def test_a_patch_that_changes_nothing_is_refused(steps: list[dict[str, Any]]) -> None:
    fault = Fault.model_validate({"distribution": steps})
    with pytest.raises(ConfigError, match=r"fault\.distribution\.path is '/a', expected a patch"):
        patch_distribution(fault, {"a": 1, "b": 2})


WEBSITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "404.html"}}


@pytest.mark.parametrize(
    ("name", "path", "before", "after"),
    [
        ("website-index-missing", "/IndexDocument/Suffix", "index.html", "default.html"),
        ("website-error-page-lost", "/ErrorDocument", WEBSITE["ErrorDocument"], None),
    ],
)
def test_a_websites_configuration_is_broken_in_one_place(
    name: str, path: str, before: object, after: object
) -> None:
    broken = patch_website(SHIPPED.get(name).fault, WEBSITE)
    assert differences(WEBSITE, broken) == {path: (before, after)}


def test_a_website_that_a_patch_does_not_fit_is_named() -> None:
    fault = SHIPPED.get("website-error-page-lost").fault
    with pytest.raises(
        ConfigError, match=r"fault\.website is .* a JSON Patch that fits the site's"
    ):
        patch_website(fault, {"IndexDocument": {"Suffix": "index.html"}})


def test_the_function_that_routes_is_detached() -> None:
    one = {"Quantity": 1, "Items": [{"EventType": "viewer-request", "FunctionARN": "arn"}]}
    config = {"DefaultCacheBehavior": {"FunctionAssociations": one}}
    fault = SHIPPED.get("function-breaks-routing").fault
    broken = patch_distribution(fault, config)
    assert broken["DefaultCacheBehavior"]["FunctionAssociations"] == {"Quantity": 0}
    with pytest.raises(ConfigError, match="a JSON Patch that fits"):
        patch_distribution(
            fault, {"DefaultCacheBehavior": {"FunctionAssociations": {"Quantity": 0}}}
        )


def test_true_is_a_change_from_one_and_no_patch_is_none() -> None:
    step = {"op": "replace", "path": "/a", "value": True}
    fault = Fault.model_validate({"distribution": [step]})
    assert patch_distribution(fault, {"a": 1})["a"] is True
    other = Fault(content=(ContentEdit(files="*", delete=True),))
    assert patch_distribution(other, {"a": 1}) == {"a": 1}


@pytest.mark.parametrize("operation", ["add", "replace", "test"])
def test_a_forgotten_value_is_refused(operation: str) -> None:
    with pytest.raises(ValidationError, match=f"a value for {operation}"):
        ConfigurationPatch.model_validate({"op": operation, "path": "/a"})
    given = {"op": operation, "path": "/a", "value": None}
    assert ConfigurationPatch.model_validate(given).operation() == given


def test_patches_are_applied_in_order_to_a_copy() -> None:
    config = {"a": {"b": 1}, "list": [1, 2]}
    steps = [
        {"op": "copy", "from": "/a/b", "path": "/c"},
        {"op": "move", "from": "/c", "path": "/d"},
        {"op": "replace", "path": "/a/b", "value": {"deep": []}},
        {"op": "add", "path": "/list/-", "value": 3},
        {"op": "test", "path": "/d", "value": 1},
    ]
    fault = Fault.model_validate({"distribution": steps})
    assert patch_distribution(fault, config) == {
        "a": {"b": {"deep": []}},
        "list": [1, 2, 3],
        "d": 1,
    }
    assert config == {"a": {"b": 1}, "list": [1, 2]}


@pytest.mark.parametrize(
    "edit",
    [
        {"files": "*.htm", "delete": True},
        {"files": "a.html", "replace": "not there", "by": "x"},
        {"files": "a.html", "replace": "home", "by": "home"},
        {"files": "empty.html", "keep": 0.5},
    ],
    ids=str,
)
def test_an_edit_that_touches_nothing_is_refused(edit: dict[str, Any]) -> None:
    good = {"files": "a.html", "keep": 0.5}
    content = {"a.html": b"<p>home</p>", "empty.html": b""}
    fault = Fault.model_validate({"content": [good, edit]})
    with pytest.raises(ConfigError, match=r"fault\.content\.files is '") as caught:
        edit_content(fault, content)
    assert f"'{edit['files']}'" in caught.value.message


def test_edits_follow_one_another() -> None:
    edits = [
        {"files": "a.html", "replace": "é", "by": "e"},
        {"files": "*.html", "keep": 0.5},
        {"files": "b.*", "delete": True},
    ]
    content = {"a.html": "éabc".encode(), "b.html": b"12", "c.css": b"x"}
    assert edit_content(Fault.model_validate({"content": edits}), content) == {
        "a.html": b"ea",
        "b.html": None,
    }


@given(st.binary(min_size=2), st.floats(0.001, 0.999))
@settings(max_examples=100, deadline=None)
def test_what_is_kept_is_a_beginning(content: bytes, share: float) -> None:
    kept = ContentEdit(files="*", keep=share).apply(content)
    assert kept is not None
    assert content.startswith(kept)
    assert 1 <= len(kept) < len(content)


@pytest.mark.parametrize(
    ("pattern", "name", "applies"),
    [
        ("*.html", "index.html", True),
        ("*.html", "deep/er/index.html", True),
        ("*.html", "index.HTML", False),
        ("css/*", "css/site.css", True),
        ("css/*", "old/css/site.css", False),
        ("index.html", "deep/index.html", False),
    ],
)
def test_files_are_chosen_by_their_path(pattern: str, name: str, applies: bool) -> None:
    assert ContentEdit(files=pattern, delete=True).applies_to(name) is applies


def test_what_a_response_is_expected_to_do(tmp_path: Path) -> None:
    incident = written(tmp_path, GOOD + '\n[expect.drift]\nhotfix = "does not recover"\n')
    assert incident.expected("release", "last_known_good") == "recovers"
    assert incident.expected("drift", "hotfix") == "does not recover"
    assert incident.expected("drift", "last_known_good") is None
    assert incident.expected("release", "hotfix") is None


def written(folder: Path, text: str, name: str = "sample.toml") -> Incident:
    (folder / name).write_text(text, encoding="utf-8")
    return load_incident(folder / name)


WRONG = {
    "an unknown key": ("id =", 'severity = "high"\nid =', "severity is 'high', expected Extra"),
    "an unknown key within": ("keep =", "kept = 1\nkeep =", "fault.content.0.kept is 1, expected"),
    "an unknown layer": ('"content"', '"network"', "layer is 'network', expected Input should be"),
    "no title": ('title = "Something is lost"\n', "", "title is missing"),
    "an id that is no name": ('"sample"', '"Sample one"', "id is 'Sample one', expected String"),
    "an id of another file": ('"sample"', '"other"', "id is 'other', expected the file's name, sa"),
    "keep and replace": ("keep =", 'replace = "a"\nby = "b"\nkeep =', "fault.content.0 is {"),
    "replace without by": ("keep = 0.5", 'replace = "a"', "fault.content.0 is {"),
    "by without replace": ("keep =", 'by = "b"\nkeep =', "fault.content.0 is {"),
    "no change": ("keep = 0.5", "", "fault.content.0 is {'files': '*.html'}, expected exactly one"),
    "all kept": ("0.5", "1.0", "fault.content.0.keep is 1.0, expected Input should be less than 1"),
    "replacing nothing": ("keep = 0.5", 'replace = ""\nby = "b"', "fault.content.0.replace is ''"),
    "no fault": (
        '[[fault.content]]\nfiles = "*.html"\nkeep = 0.5\n',
        "[fault]\n",
        "fault is {}, expected at least one [[fault.distribution]], [[fault.website]] or",
    ),
    "an unknown operation": (
        '[[fault.content]]\nfiles = "*.html"\nkeep = 0.5\n',
        '[[fault.distribution]]\nop = "set"\npath = "/a"\n',
        "fault.distribution.0.op is 'set', expected Input should be 'add', 'remove',",
    ),
    "a path that is none": (
        '[[fault.content]]\nfiles = "*.html"\nkeep = 0.5\n',
        '[[fault.distribution]]\nop = "remove"\npath = "DefaultRootObject"\n',
        "fault.distribution.0.path is 'DefaultRootObject', expected String should match",
    ),
    "no symptom": ('[[symptom]]\npath = "/"\nstatus = 200\n', "", "symptom is missing"),
    "a symptom that says nothing": ("status = 200", "", "symptom.0 is {'path': '/'}, expected st"),
    "a status that is none": ("200", "42", "symptom.0.status is 42, expected Input should be gre"),
    "an unknown expectation": ('"recovers"', '"maybe"', "expect.release.last_known_good is 'maybe"),
    "an unknown response": ("last_known_good", "reboot", "expect.release.reboot is 'reboot'"),
    "no expectations": ('[expect.release]\nlast_known_good = "recovers"\n', "", "expect is missi"),
    "no TOML": ("[[symptom]]", "[[symptom", "syntax is "),
}


@pytest.mark.parametrize(("before", "after", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_file_and_key(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in GOOD
    with pytest.raises(ConfigError) as caught:
        written(tmp_path, GOOD.replace(before, after, 1))
    assert caught.value.message.startswith(f"{tmp_path / 'sample.toml'}: {message}")


def test_the_sample_itself_is_good(tmp_path: Path) -> None:
    incident = written(tmp_path, GOOD)
    assert (incident.id, incident.layer, incident.story) == ("sample", "content", "")
    assert incident.symptom == (Symptom(path="/", status=200),)
    with pytest.raises(ValidationError, match="frozen"):
        incident.title = "other"  # type: ignore[misc]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: file is missing"):
        load_incident(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b'id = "\xff"')
    with pytest.raises(ConfigError, match=r"bytes\.toml: syntax is"):
        load_incident(tmp_path / "bytes.toml")


def test_a_catalogue_is_a_folder(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    (tmp_path / "README.md").write_text("not an incident")
    catalogue = load_incidents(tmp_path)
    assert list(catalogue.incidents) == ["sample"]
    assert catalogue.get("sample").id == "sample"
    with pytest.raises(ConfigError, match="incident is 'other', expected one of sample"):
        catalogue.get("other")
    with pytest.raises(ConfigError, match=r"incidents is missing, expected a folder"):
        load_incidents(tmp_path / "none")
    (tmp_path / "wrong.toml").write_text("id = 1")
    with pytest.raises(ConfigError, match=r"wrong\.toml: "):
        load_incidents(tmp_path)


def test_an_empty_catalogue_names_none(tmp_path: Path) -> None:
    assert load_incidents(tmp_path) == Catalogue({}, tmp_path)


def test_settings_can_say_how_an_incident_is_shipped(tree: Path) -> None:
    text = (
        (reference_site() / "sitedrill.toml").read_text()
        + """
[[incidents.ship.html-truncated]]
file = "src/css/*.css"
replace = "{"
by = "["

[[incidents.ship.html-truncated]]
file = "README.md"
keep = 0.5
"""
    )
    settings = read_settings(text, file=Path("sitedrill.toml"))
    before = contents(tree)
    break_site(tree, SHIPPED.get("html-truncated"), settings)
    after = contents(tree)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"README.md", "src/css/print.css", "src/css/site.css"}


def test_an_edit_that_changes_nothing_is_told_with_its_key(tree: Path) -> None:
    text = (
        (reference_site() / "sitedrill.toml").read_text()
        + """
[[incidents.ship.html-truncated]]
file = "infra/main.tf"
replace = "origin"
by = ""
"""
    )
    settings = read_settings(text, file=Path("sitedrill.toml"))
    with pytest.raises(
        ConfigError, match=r"incidents\.ship\.html-truncated\.0 is 'infra/main\.tf'"
    ):
        break_site(tree, SHIPPED.get("html-truncated"), settings)
