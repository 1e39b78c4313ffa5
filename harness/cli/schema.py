"""`sitedrill schema`: what files of ours may hold, for editors and other programs."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from harness.audit import load_schema as audit_schema
from harness.errors import SitedrillError
from harness.gameday.plan import make_schema as plan_schema
from harness.reports.schema import load_schema as results_schema
from harness.settings.schema import make_schema as settings_schema

_SCHEMAS = {
    "settings": settings_schema,
    "results": results_schema,
    "audit": audit_schema,
    "gameday-plan": plan_schema,
}


def schema(
    of: Annotated[
        str,
        typer.Argument(
            help="settings (sitedrill.toml), results (results.json), audit (a record of the trail) "
            "or gameday-plan (gameday.toml)."
        ),
    ],
) -> None:
    """Print a JSON Schema, for editors and other programs."""
    if of not in _SCHEMAS:
        raise SitedrillError(f"there is no schema of {of!r}", hint="one of " + ", ".join(_SCHEMAS))
    print(json.dumps(_SCHEMAS[of](), indent=2, ensure_ascii=False))
