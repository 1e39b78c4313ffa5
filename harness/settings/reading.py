"""Reads `sitedrill.toml`; whatever is wrong is told with file, key, value and what was expected."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from harness.errors import ConfigError
from harness.settings.known_people import check_people
from harness.settings.placeholders import known_placeholders, placeholders
from harness.settings.sections import SiteSettings

FILE_NAME = "sitedrill.toml"
#: What pydantic calls a wrong kind of value, and what to say instead.
_KINDS = {
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": "a list",
    "mapping_type": "a table",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "missing": "a value: this key must be there",
}


def load_settings(site: Path, file: Path | None = None) -> SiteSettings:
    """Read the settings of the site in this folder.

    Args:
        site: the site's folder.
        file: its settings, when they lie elsewhere.

    Raises:
        ConfigError: there is no such file, or a key in it is wrong; names file, key and value.
    """
    file = file or site / FILE_NAME
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            file=file,
            key="file",
            expected="the settings of the site to drill",
            hint="give the site's folder with --site; sitedrill init writes a first one",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="TOML") from error
    settings = read_settings(text, file=file)
    _check_files(settings, site, file)
    return settings


def read_settings(text: str, *, file: Path) -> SiteSettings:
    """The settings that a text says; `file` is only named in errors.

    Raises:
        ConfigError: it is not TOML, or a key in it is wrong; names file, key and value.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="TOML") from error
    try:
        settings = SiteSettings.model_validate(data)
    except ValidationError as error:
        raise told(file, data, error.errors(), SiteSettings) from error
    _check_environments(settings, file)
    check_people(settings, file)
    _check_placeholders(settings, file)
    return settings


def told(
    file: Path, data: Mapping[str, Any], errors: list[ErrorDetails], model: type[BaseModel]
) -> ConfigError:
    """One error in our words: of a key that does not exist before any other.

    Args:
        file: what was read.
        data: what it says.
        errors: pydantic's.
        model: of the whole file.
    """
    unknown = [error for error in errors if error["type"] == "extra_forbidden"]
    first = (unknown or errors)[0]
    place = list(_place(data, first))
    for error in unknown or errors:
        # Of a choice that was nearly taken, what is wrong within says more than that it was not taken.
        within = list(_place(data, error))
        if len(within) > len(place) and within[: len(place)] == place:
            first, place = error, within
    key = ".".join(str(part) for part in place) or "file"
    value = None if first["type"] == "missing" else first["input"]
    if "secrets" in place and value is not None:
        value = "***"
    if not unknown:
        said = _KINDS.get(first["type"], first["msg"].removeprefix("Value error, "))
        return ConfigError(file=file, key=key, value=value, expected=said)
    known = _keys_beside(place, model)
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return ConfigError(
        file=file,
        key=key,
        value=value,
        expected="one of the keys " + ", ".join(sorted(known)),
        hint=f"did you mean {near[0]}?" if near else "",
    )


def _place(data: Any, error: ErrorDetails) -> Iterator[str | int]:
    """Where an error is in the file: pydantic's place without its names for branches."""
    for part in error["loc"]:
        is_there = (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if is_there:
            data = data[part]
            yield part
    if error["type"] == "missing":
        yield error["loc"][-1]


def _keys_beside(place: list[str | int], model: type[BaseModel]) -> list[str]:
    """The keys there are in the section of a key."""
    section: Any = model
    for part in place[:-1]:
        section = next(_inner(section, str(part)), None)
    found = next((m for m in _plain(section) if isinstance(m, type)), None)
    fields = found.model_fields if found and issubclass(found, BaseModel) else {}
    return [field.alias or name for name, field in fields.items()]


def _inner(section: Any, part: str) -> Iterator[Any]:
    """What lies under a key of a section: a field's type, or a table's or list's items'."""
    for kind in _plain(section):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if part in kind.model_fields:
                yield kind.model_fields[part].annotation
        elif get_origin(kind) is tuple:
            yield get_args(kind)[0]
        elif get_args(kind):
            yield get_args(kind)[-1]


def _plain(kind: Any) -> Iterator[Any]:
    """A type without its annotations; each of a choice."""
    if get_origin(kind) is Annotated:
        yield from _plain(get_args(kind)[0])
    elif isinstance(kind, UnionType) or get_origin(kind) is Union:
        for choice in get_args(kind):
            yield from _plain(choice)
    else:
        yield kind


def _check_environments(settings: SiteSettings, file: Path) -> None:
    """Inputs have values for environments that there are."""
    known = settings.environments
    for name in ("deploy", "emergency"):
        for environment in getattr(settings.workflows, name).values.environment:
            if environment not in known:
                raise ConfigError(
                    file=file,
                    key=f"workflows.{name}.values.environment.{environment}",
                    value=environment,
                    expected="one of the environments " + ", ".join(known),
                )


def _check_placeholders(settings: SiteSettings, file: Path) -> None:
    """Every `{...}` stands for something."""
    known = known_placeholders(settings.environments)
    for key, text in _texts(settings):
        for name in placeholders(text):
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                raise ConfigError(
                    file=file,
                    key=key,
                    value="***" if "secrets" in key.split(".") else text,
                    expected="placeholders that there are: " + ", ".join(known),
                    hint=f"did you mean {{{near[0]}}}?" if near else "",
                )


def _texts(settings: SiteSettings) -> Iterator[tuple[str, str]]:
    """Every text in which placeholders are filled in, with its key."""
    tables: dict[str, Mapping[str, Any]] = {
        "variables": settings.variables or {},
        "secrets": settings.secrets,
        "workflows.deploy.always": settings.workflows.deploy.always,
        "workflows.emergency.always": settings.workflows.emergency.always,
    }
    for name, environment in settings.environments.items():
        tables[f"environments.{name}.variables"] = environment.variables
        tables[f"environments.{name}.secrets"] = environment.secrets
    for place, table in tables.items():
        for key, value in table.items():
            if isinstance(value, str):
                yield f"{place}.{key}", value


def _check_files(settings: SiteSettings, site: Path, file: Path) -> None:
    """What the settings name inside the site is there."""
    named: dict[str, str | None] = {
        "incidents.folder": settings.incidents.folder,
        "features.folder": settings.features.folder,
    }
    for kind in ("actions", "downloads"):
        for name, path in getattr(settings.doubles, kind).items():
            named[f'doubles.{kind}."{name}"'] = path
    for key, path in named.items():
        if path is not None and not (site / path).exists():
            raise ConfigError(file=file, key=key, value=path, expected=f"a path inside {site}")
