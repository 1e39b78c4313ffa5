"""Variables, and the names of secrets: https://docs.github.com/en/rest/actions/variables .

No job's token may list them, on GitHub neither: https://docs.github.com/en/rest/actions/secrets
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.errors import DispatchError
from harness.github.api.desk import Asked, Desk, Handler, cannot, repository
from harness.github.api.environments import environment_of
from harness.github.api.pages import listed
from harness.github.api.shapes import began_at


def routes(desk: Desk) -> list[Route]:
    """What can be asked of variables and secrets; they are set in the site's settings."""
    found = []
    for kind, many, one in (
        ("variables", list_variables, get_variable),
        ("secrets", list_secrets, get_secret),
    ):
        for place, scope in (
            (f"/actions/{kind}", kind),
            (f"/environments/{{environment}}/{kind}", "environments"),
        ):
            named, write = f"{place}/{{name}}", f"{scope}:write"
            changes = ["POST", "PUT", "PATCH", "DELETE"]
            found += [
                repository(desk, place, many, needs=f"{scope}:read"),
                repository(desk, place, change, needs=write, methods=changes),
                repository(desk, named, _found_here(one), needs=f"{scope}:read"),
                repository(desk, named, change, needs=write, methods=changes),
            ]
    return found


def list_variables(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/variables#list-repository-variables ."""
    told = _told(asked)
    found = [{"name": name, "value": value, **told} for name, value in _variables(asked).items()]
    return listed(asked, found, within="variables")


def get_variable(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/variables#get-a-repository-variable ."""
    name = asked.text("name").upper()
    return JSONResponse({"name": name, "value": _variables(asked)[name], **_told(asked)})


def list_secrets(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/secrets#list-repository-secrets ."""
    told = _told(asked)
    return listed(asked, [{"name": name, **told} for name in _secrets(asked)], within="secrets")


def get_secret(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/secrets#get-a-repository-secret ."""
    name = asked.text("name").upper()
    if name == "PUBLIC-KEY":
        raise cannot("take secrets: they stand in the site's sitedrill.toml")
    _ = _secrets(asked)[name]
    return JSONResponse({"name": name, **_told(asked)})


def change(asked: Asked) -> Response:
    """https://docs.github.com/en/rest/actions/variables#create-a-repository-variable ."""
    raise cannot("change variables and secrets: they stand in the site's sitedrill.toml")


def _found_here(handler: Handler) -> Handler:
    def answer(asked: Asked) -> Response:
        try:
            return handler(asked)
        except KeyError:
            raise DispatchError("Not Found", status=404) from None

    answer.__doc__ = handler.__doc__
    return answer


def _environment(asked: Asked) -> str:
    return environment_of(asked).name if "environment" in asked.request.path_params else ""


def _variables(asked: Asked) -> Mapping[str, str]:
    """Of the repository, or of the environment alone; names are in capitals, as GitHub keeps them."""
    vault, environment = asked.control.vault, _environment(asked)
    of_repository = vault.variables("")
    found = vault.variables(environment)
    if environment:
        found = {name: value for name, value in found.items() if of_repository.get(name) != value}
    return {name.upper(): value for name, value in sorted(found.items())}


def _secrets(asked: Asked) -> Mapping[str, str]:
    found = asked.control.vault.secrets(_environment(asked))
    return {name.upper(): value for name, value in sorted(found.items())}


def _told(asked: Asked) -> dict[str, str]:
    began = began_at(asked.control.origin.path)
    return {"created_at": began, "updated_at": began}
