"""Where the site runs.

[environments.prod]
alias = "www.harbourlight.example"
bucket = "harbourlight-prod"
responder = ["octo-ops"]
reviewers = ["octo-boss", "harbourlight/oncall"]
prevent_self_review = true

[environments.prod.variables]
SITE_URL = "{prod.url}"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from harness.settings.people import Reviewer
from harness.settings.strict import Handle, Name, Strict

#: The name of a branch or (after `tag:`) of a tag, as Ruby's `File.fnmatch` reads it.
Pattern = Annotated[str, Field(pattern=r"^(tag:)?[^\s~:]+$")]
#: The IAM role that deploys to an environment, where nothing else is said.
ROLE = "site-deploy-{}"


class EnvironmentSection(Strict):
    """One environment: the name viewers use, the bucket that holds the content, who may respond.

    Attributes:
        alias: the host name viewers type; by default, for a website bucket, its own endpoint.
        bucket: holds the content.
        region: of the bucket.
        name: what GitHub calls the environment; by default as here.
        serves: CloudFront, or the bucket's own website endpoint.
        role: the IAM role that deploys there.
        production: whether customers use it: no game day is ever held here. One whose name says
            so (`prod`, `production`) is production in any case.
        subjects: the `sub` claims that may take that role; by default the GitHub environment's.
        responder: who starts the emergency workflow: any "member", an "owner" by CODEOWNERS, or
            one of these handles. By default a member in staging, else an owner where there are any.
        reviewers: people and teams (`organisation/team`), of whom one must approve of each deployment.
        prevent_self_review: who started a run may not approve of it.
        wait_timer: minutes that each deployment waits.
        branch_policy: which branches and tags may deploy: all, the protected branches alone
            (`site.protected_branches`), or these patterns; `tag:` begins those of tags.
        variables: of the environment on GitHub; they count more than the repository's.
        secrets: likewise.
    """

    alias: str = ""
    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]+$")] = "us-east-1"
    name: str = ""
    serves: Literal["cloudfront", "website"] = "cloudfront"
    role: str = ""
    production: bool = False
    subjects: tuple[str, ...] = ()
    responder: (
        Literal["member", "owner"] | Annotated[tuple[Handle, ...], Field(min_length=1)] | None
    ) = None
    #: https://docs.github.com/en/actions/reference/workflows-and-actions/deployments-and-environments
    reviewers: Annotated[tuple[Reviewer, ...], Field(max_length=6)] = ()
    prevent_self_review: bool = False
    wait_timer: Annotated[int, Field(ge=0, le=43_200)] = 0
    branch_policy: (
        Literal["all", "protected"] | Annotated[tuple[Pattern, ...], Field(min_length=1)]
    ) = "all"
    variables: Mapping[Name, str] = {}
    secrets: Annotated[Mapping[Name, str], Field(repr=False)] = {}

    @model_validator(mode="after")
    def _viewers_have_a_name_for_it(self) -> EnvironmentSection:
        if not self.alias and self.serves == "cloudfront":
            raise ValueError('an alias, the host name that viewers type, or serves = "website"')
        return self

    @property
    def host(self) -> str:
        """The host name viewers type.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
        """
        return self.alias or f"{self.bucket}.s3-website-{self.region}.amazonaws.com"

    def github_name(self, name: str) -> str:
        """What GitHub calls the environment of this name."""
        return self.name or name

    def role_name(self, name: str) -> str:
        """The IAM role that deploys to the environment of this name."""
        return self.role or ROLE.format(name)
