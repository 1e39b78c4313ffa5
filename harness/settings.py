"""What sitedrill has to know of a site, read from the `sitedrill.toml` at the site's root.

[site]
repository = "harbourlight/website"
content = "src"

[workflows]
deploy = "run.yml"
emergency = "emergency.yml"

[environments.staging]
alias = "staging.harbourlight.example"
bucket = "harbourlight-staging"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.errors import ConfigError

FILE_NAME = "sitedrill.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteSection(_Strict):
    """The repository: its name on GitHub, and where its content lies."""

    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    content: str = "src"
    error_page: str = "404.html"
    #: Addresses that are probed all through a drill, several times a second: a few are enough.
    watch: Annotated[tuple[str, ...], Field(min_length=1, max_length=8)] = ("/",)


class WorkflowsSection(_Strict):
    """The workflow files, by what they are for."""

    deploy: str = "run.yml"
    emergency: str = "emergency.yml"


class EnvironmentSection(_Strict):
    """One environment: the name viewers use, and the bucket that holds the content."""

    alias: str
    bucket: str
    region: str = "us-east-1"


class SiteSettings(_Strict):
    """Everything in `sitedrill.toml`."""

    site: SiteSection
    workflows: WorkflowsSection = WorkflowsSection()
    environments: Annotated[Mapping[str, EnvironmentSection], Field(min_length=1)]
    #: Headers that every answer must carry, in lower case, with the value they must have.
    headers: Mapping[str, str] = {}


def load_settings(site: Path) -> SiteSettings:
    """Read the settings of the site in this folder.

    Raises:
        ConfigError: there is no such file, or a key in it is wrong; names file, key and value.
    """
    file = site / FILE_NAME
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            file=file,
            key="file",
            expected="the settings of the site to drill",
            hint="give the site's folder with --site",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=file, key="syntax", value=str(error), expected="TOML") from error
    try:
        return SiteSettings.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            file=file,
            key=".".join(str(part) for part in first["loc"]) or "file",
            value=None if first["type"] == "missing" else first["input"],
            expected=first["msg"].removeprefix("Value error, "),
        ) from error
