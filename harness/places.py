"""Where the site runs in a world, and what `{staging.url}` and its like stand for there.

values = Values(settings, environments, world={"aws_endpoint": ...}, distribution_id=...)
values.variables("staging")      # {"SITE_URL": "http://127.0.0.1:4711", ...}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.settings import EnvironmentSection, SiteSettings
from harness.settings.placeholders import fill, placeholders

#: What moto and every other emulator call the account that keys belong to.
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class Environment:
    """Where the site runs: the name viewers use, the bucket, and the address of its edge.

    `github` is what GitHub calls it; a `website` is served by its bucket, without CloudFront.
    """

    name: str
    alias: str
    bucket: str
    url: str
    region: str = "us-east-1"
    github: str = ""
    role: str = ""
    website: bool = False

    @classmethod
    def of(cls, name: str, section: EnvironmentSection, url: str) -> Environment:
        """The environment that the settings tell of, served at this address."""
        return cls(
            name=name,
            alias=section.host,
            bucket=section.bucket,
            url=url,
            region=section.region,
            github=section.github_name(name),
            role=section.role_name(name),
            website=section.serves == "website",
        )

    @property
    def role_arn(self) -> str:
        """The role that deploys there."""
        return f"arn:aws:iam::{ACCOUNT}:role/{self.role}"


class Values:
    """Fills in a site's variables, secrets and inputs."""

    def __init__(
        self,
        settings: SiteSettings,
        environments: Mapping[str, Environment],
        *,
        world: Mapping[str, str],
        distribution_id: Callable[[Environment], str],
    ) -> None:
        """Nothing is looked up before it is asked for.

        Args:
            settings: the site's.
            environments: where it runs.
            world: `aws_endpoint`, `branch` and `github_api` of this world.
            distribution_id: of an environment's distribution; empty when there is none (yet).
        """
        self._settings = settings
        self._environments = environments
        self._distribution_id = distribution_id
        first = next(iter(settings.environments.values()))
        self._known = {
            "account": ACCOUNT,
            "region": first.region,
            "repository": settings.site.repository,
            **world,
        }
        for name, here in environments.items():
            of_it = {
                "alias": here.alias,
                "bucket": here.bucket,
                "name": here.github,
                "region": here.region,
                "role": here.role,
                "role_arn": here.role_arn,
                "url": here.url,
            }
            self._known |= {f"{name}.{word}": value for word, value in of_it.items()}

    def fill(self, text: str) -> str:
        """A text with its placeholders filled in."""
        known = dict(self._known)
        for name in placeholders(text):
            environment, _, word = name.partition(".")
            if word == "distribution_id":
                known[name] = self._distribution_id(self._environments[environment])
        return fill(text, known)

    def filled(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Inputs with the placeholders of the constant ones filled in; others are typed by people."""
        always = {
            **self._settings.workflows.deploy.always,
            **self._settings.workflows.emergency.always,
        }
        return {
            name: self.fill(value)
            if isinstance(value, str) and value == always.get(name)
            else value
            for name, value in inputs.items()
        }

    def variables(self, environment: str) -> dict[str, str]:
        """The repository's variables, and those of what GitHub calls this environment."""
        of_repository = self._settings.variables
        if of_repository is None:
            of_repository = {"AWS_REGION": "{region}"}
            for name in self._environments:
                of_repository[f"{name.upper()}_URL"] = f"{{{name}.url}}"
                of_repository[f"{name.upper()}_ROLE_ARN"] = f"{{{name}.role_arn}}"
        section = self._section(environment)
        own = section.variables if section else {}
        return {name: self.fill(text) for name, text in {**of_repository, **own}.items()}

    def secrets(self, environment: str) -> dict[str, str]:
        """The secrets of what GitHub calls this environment alone; the repository's, without one."""
        if not environment:
            return {name: self.fill(text) for name, text in self._settings.secrets.items()}
        section = self._section(environment)
        own = section.secrets if section else {}
        return {name: self.fill(text) for name, text in own.items()}

    def _section(self, environment: str) -> EnvironmentSection | None:
        for name, section in self._settings.environments.items():
            if section.github_name(name).lower() == environment.lower():
                return section
        return None
