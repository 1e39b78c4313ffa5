"""Incidents: faults put into a live environment, declared as data in `scenarios/incidents/*.toml`.

    id = "cloudfront-root-object-missing"
    title = "The default root object is lost"
    layer = "infrastructure"

    [[fault.distribution]]                 # a JSON Patch on the distribution's configuration
    op = "replace"
    path = "/DefaultRootObject"
    value = ""

    [[symptom]]                            # what viewers see, proved before anything is done about it
    path = "/"
    status = 404

    [expect.release]                       # shipped as a bad release: what each response does
    last_known_good = "recovers"
    content_only = "does not recover"

The same fault is put in two ways: as a bad release (the site's files are changed, committed, tagged and
deployed through its own pipeline) or as drift (the live environment is changed directly).
"""

from __future__ import annotations

import fnmatch
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonpatch
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.errors import ConfigError

Layer = Literal["content", "infrastructure", "platform", "workflow"]
Expectation = Literal["recovers", "does not recover"]
Response = Literal[
    "last_known_good", "specific_commit", "infrastructure_only", "content_only", "hotfix"
]
_WITH_VALUE = frozenset({"add", "replace", "test"})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConfigurationPatch(_Strict):
    """One operation of a JSON Patch (RFC 6902) on a configuration that AWS has."""

    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: Annotated[str, Field(pattern=r"^/")]
    value: Any = None
    source: Annotated[str | None, Field(alias="from")] = None

    @model_validator(mode="after")
    def _has_its_value(self) -> ConfigurationPatch:
        if self.op in _WITH_VALUE and "value" not in self.model_fields_set:
            raise ValueError(f"a value for {self.op}")
        return self

    def operation(self) -> dict[str, Any]:
        """As RFC 6902 writes it."""
        plain: dict[str, Any] = {"op": self.op, "path": self.path}
        if self.op in _WITH_VALUE:
            plain["value"] = self.value
        if self.source is not None:
            plain["from"] = self.source
        return plain


class ContentEdit(_Strict):
    """A change to the content files that match `files` (a glob on the path below the content folder).

    Exactly one of: `keep` (the share of each file, from its beginning, that is left), `replace` with
    `by` (every occurrence of a text), `delete`.
    """

    files: str
    keep: Annotated[float | None, Field(gt=0, lt=1)] = None
    replace: Annotated[str | None, Field(min_length=1)] = None
    by: str | None = None
    delete: bool = False

    @model_validator(mode="after")
    def _one_change(self) -> ContentEdit:
        chosen = (self.keep is not None) + (self.replace is not None) + self.delete
        if chosen != 1 or (self.replace is None) != (self.by is None):
            raise ValueError("exactly one of keep, replace together with by, or delete")
        return self

    def applies_to(self, name: str) -> bool:
        """Whether this content file (path below the content folder) is changed."""
        return fnmatch.fnmatchcase(name, self.files)

    def apply(self, content: bytes) -> bytes | None:
        """The changed content, or None when the file is deleted."""
        if self.delete:
            return None
        if self.keep is not None:
            return content[: max(1, int(len(content) * self.keep))]
        old, new = (self.replace or "").encode(), (self.by or "").encode()
        return content.replace(old, new)


class Fault(_Strict):
    """What is broken: the distribution, the bucket's website, the content, or several of them."""

    distribution: tuple[ConfigurationPatch, ...] = ()
    website: tuple[ConfigurationPatch, ...] = ()
    content: tuple[ContentEdit, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> Fault:
        if not (self.distribution or self.website or self.content):
            raise ValueError(
                "at least one [[fault.distribution]], [[fault.website]] or [[fault.content]]"
            )
        return self


class Symptom(_Strict):
    """What a viewer sees while the incident lasts, at one address, or at any page that a glob names.

    Every condition given must hold: `status`, `contains`, `lacks` (texts in the body), and
    `broken_links` (some address the page refers to does not answer 200).
    """

    path: Annotated[str, Field(pattern=r"^/")]
    status: Annotated[int | None, Field(ge=100, le=599)] = None
    contains: str | None = None
    lacks: str | None = None
    broken_links: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Symptom:
        if self.status is None and not (self.contains or self.lacks or self.broken_links):
            raise ValueError("status, contains, lacks or broken_links")
        return self


class Expectations(_Strict):
    """What each response is expected to do, by the way the fault was put in."""

    release: dict[Response, Expectation] = {}
    drift: dict[Response, Expectation] = {}


class Incident(_Strict):
    """One incident, complete."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: str
    story: str = ""
    layer: Layer
    fault: Fault
    symptom: Annotated[tuple[Symptom, ...], Field(min_length=1)]
    expect: Expectations

    def expected(self, via: str, response: str) -> Expectation | None:
        """What this response is expected to do, or None where the file does not say."""
        table: Mapping[str, Expectation] = (
            self.expect.release if via == "release" else self.expect.drift  # type: ignore[assignment]
        )
        return table.get(response)


@dataclass(frozen=True)
class Catalogue:
    """The incidents there are, by id."""

    incidents: Mapping[str, Incident]
    origin: Path

    def get(self, incident: str) -> Incident:
        """The incident of this id.

        Raises:
            ConfigError: there is none; names those there are.
        """
        try:
            return self.incidents[incident]
        except KeyError:
            raise ConfigError(
                file=self.origin,
                key="incident",
                value=incident,
                expected="one of " + ", ".join(sorted(self.incidents)),
            ) from None


def load_incident(file: Path) -> Incident:
    """Read one incident file.

    Raises:
        ConfigError: it cannot be read, is not TOML, or a key is wrong; names file and key.
    """
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(file=file, key="file", expected="a readable file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="TOML") from error
    try:
        incident = Incident.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        # "[key]" is how pydantic says that the key itself is wrong.
        key = ".".join(str(part) for part in first["loc"] if part != "[key]") or "file"
        value = None if first["type"] == "missing" else first["input"]
        raise ConfigError(
            file=file, key=key, value=value, expected=first["msg"].removeprefix("Value error, ")
        ) from error
    if incident.id != file.stem:
        raise ConfigError(
            file=file, key="id", value=incident.id, expected=f"the file's name, {file.stem}"
        )
    return incident


def load_incidents(folder: Path) -> Catalogue:
    """Read every incident file of a folder.

    Raises:
        ConfigError: the folder is not there, or one of its files is wrong.
    """
    if not folder.is_dir():
        raise ConfigError(file=folder, key="incidents", expected="a folder of *.toml files")
    found = [load_incident(file) for file in sorted(folder.glob("*.toml"))]
    return Catalogue({incident.id: incident for incident in found}, folder)


def patch_distribution(fault: Fault, config: Mapping[str, Any]) -> dict[str, Any]:
    """The distribution's configuration with the fault in it.

    Raises:
        ConfigError: the patch does not fit this configuration, or one of its operations changes
            nothing, so the fault would not show.
    """
    return _patched(fault.distribution, config, "distribution")


def patch_website(fault: Fault, config: Mapping[str, Any]) -> dict[str, Any]:
    """The website configuration of the bucket with the fault in it.

    Raises:
        ConfigError: as for the distribution.
    """
    return _patched(fault.website, config, "website")


def _patched(
    steps: tuple[ConfigurationPatch, ...], config: Mapping[str, Any], what: str
) -> dict[str, Any]:
    patched = dict(config)
    for step in steps:
        before = patched
        try:
            patched = jsonpatch.JsonPatch([step.operation()]).apply(before)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise ConfigError(
                file="incident",
                key=f"fault.{what}",
                value=str(error),
                expected=f"a JSON Patch that fits the site's {what}",
            ) from error
        if step.op != "test" and _same(before, patched):
            raise _no_change(step, what)
    if steps and _same(config, patched):  # nothing but tests, or there and back
        raise _no_change(steps[-1], what)
    return patched


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether both are the same JSON: 1 and true, equal in Python, are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _no_change(step: ConfigurationPatch, what: str) -> ConfigError:
    key, expected = f"fault.{what}.path", f"a patch that changes the site's {what}"
    return ConfigError(file="incident", key=key, value=step.path, expected=expected)


def edit_content(fault: Fault, content: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """The content files that the fault changes, with what they become (None: deleted).

    Args:
        fault: the incident's.
        content: every content file, by its path below the content folder.

    Raises:
        ConfigError: an edit changes nothing, so the fault would not show.
    """
    changed: dict[str, bytes | None] = {}
    for edit in fault.content:
        touched = False
        for name, body in content.items():
            if not edit.applies_to(name):
                continue
            current = changed.get(name, body)
            if current is None:
                continue
            after = edit.apply(current)
            if after != current:
                changed[name] = after
                touched = True
        if not touched:
            raise ConfigError(
                file="incident",
                key="fault.content.files",
                value=edit.files,
                expected="an edit that changes at least one content file of the site",
            )
    return changed
