"""What all sections of the settings have in common."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A section: no key that is not known, nothing that changes afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path.startswith("/") or ".." in parts:
        raise ValueError("a path inside the site, written from its root")
    return path


#: A file or folder of the site, from its root.
Inside = Annotated[str, Field(min_length=1), AfterValidator(_inside)]
#: A command line, run by `bash`.
Command = Annotated[str, Field(min_length=1)]
#: An address of the site, below its root.
UrlPath = Annotated[str, Field(pattern=r"^/")]
#: The name of a variable or a secret.
#: https://docs.github.com/en/actions/reference/workflows-and-actions/variables#naming-conventions-for-configuration-variables
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
#: What an input can be given; everything reaches the workflow as text.
Scalar = str | bool | int
#: Somebody on GitHub.
Handle = Annotated[str, Field(pattern=r"^[A-Za-z0-9](-?[A-Za-z0-9]){0,38}$")]
