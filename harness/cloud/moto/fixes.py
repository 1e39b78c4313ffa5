"""What moto 5.2.5 gets wrong and a drill would trip over, mended in the emulator's own process.

Each function is one fix and says what went wrong without it; `apply` makes them all. They must run
before the first request, for moto makes its backends then. tests/integration/cloud runs each check
against plain moto as well: when one passes there, its fix can go.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any, cast

from moto.cloudfront import models, responses
from moto.cloudfront.exceptions import (
    CloudFrontException,
    InvalidIfMatchVersion,
    NoSuchDistribution,
)
from moto.core.responses import ActionResult, EmptyResult
from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.utilities.paginator import paginate

from harness.cloud.moto.distributions import StoredConfig, check_quantities


def apply() -> None:
    """Mend everything; once, before the first request."""
    keep_distribution_configs_whole()
    honour_if_match_on_distributions()
    complete_invalidations()
    finish_origin_access_controls()
    leave_bucket_policies_it_cannot_judge()
    say_who_pays_for_a_bucket()


def keep_distribution_configs_whole() -> None:
    """A configuration came back without its access controls, functions and error pages.

    Summaries lacked `Staging`, which the API says is always there, and every distribution was last
    modified in 2021.
    """
    plain = models.CloudFrontBackend.create_distribution_with_tags

    def create_distribution_with_tags(
        self: models.CloudFrontBackend, distribution_config: dict[str, Any], tags: Any
    ) -> Any:
        StoredConfig(distribution_config).check_access_controls(self.origin_access_controls)
        made = plain(self, distribution_config, tags)
        made[0].last_modified_time = _now()
        return made

    _put(models, "DistributionConfig", StoredConfig)
    _put(models.CloudFrontBackend, "create_distribution_with_tags", create_distribution_with_tags)
    models.DISTRIBUTION_CONFIG_FIELDS.append("Staging")


def honour_if_match_on_distributions() -> None:
    """Any If-Match was taken, an update kept the ETag, enabled distributions could be deleted.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html
    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DeleteDistribution.html
    """
    plain = models.CloudFrontBackend.delete_distribution

    def update_distribution(
        self: models.CloudFrontBackend, dist_config: dict[str, Any], _id: str, if_match: str
    ) -> Any:
        found, etag = self.get_distribution(_id)
        _check_if_match(if_match, etag)
        config = StoredConfig(dist_config)
        config.check_access_controls(self.origin_access_controls)
        if config.caller_reference != found.distribution_config.caller_reference:
            raise CloudFrontException("IllegalUpdate", "CallerReference cannot be updated.")
        found.distribution_config = config  # type: ignore[assignment]
        found.etag = models.random_id()
        found.last_modified_time = _now()
        return found, found.location, found.etag

    def delete_distribution(
        self: models.CloudFrontBackend, distribution_id: str, if_match: Any
    ) -> None:
        found, etag = self.get_distribution(distribution_id)
        _check_if_match(if_match, etag)
        if _config(found)["Enabled"]:
            raise CloudFrontException(
                "DistributionNotDisabled",
                "The distribution you are trying to delete has not been disabled.",
            )
        plain(self, distribution_id, if_match)

    _put(models.CloudFrontBackend, "update_distribution", update_distribution)
    _put(models.CloudFrontBackend, "delete_distribution", delete_distribution)


def complete_invalidations() -> None:
    """`aws cloudfront wait invalidation-completed` never ended: moto says COMPLETED, AWS Completed.

    Relative paths were taken, a distribution that is not there had an empty list, the oldest came
    first, and a caller reference sent twice made a second invalidation where CloudFront answers
    with the first: a workflow that reuses its reference invalidates nothing, and must be seen to.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_InvalidationBatch.html
    """

    def create_invalidation(
        self: models.CloudFrontBackend, dist_id: str, paths: list[str] | None, caller_ref: str
    ) -> models.Invalidation:
        distribution, _ = self.get_distribution(dist_id)
        paths = paths or []
        if not paths or not all(path.startswith("/") for path in paths):
            raise CloudFrontException(
                "InvalidArgument",
                "Your request contains one or more invalid invalidation paths.",
            )
        for earlier in self.invalidations.get(dist_id, []):
            if earlier.caller_ref == caller_ref:
                if sorted(earlier.paths) == sorted(paths):
                    return earlier
                raise CloudFrontException(
                    "InvalidArgument",
                    "Invalidation batch with the same caller reference already exists.",
                )
        made = models.Invalidation(distribution, paths, caller_ref)
        made.status = "Completed"
        self.invalidations.setdefault(dist_id, []).append(made)
        answer = copy.copy(made)
        answer.status = "InProgress"  # as CloudFront answers: only a later look says Completed
        return answer

    def list_invalidations(
        self: models.CloudFrontBackend, dist_id: str
    ) -> list[models.Invalidation]:
        if dist_id not in self.distributions:
            raise NoSuchDistribution
        return list(reversed(self.invalidations.get(dist_id, [])))

    plain = responses.CloudFrontResponse.create_invalidation

    def checked(self: responses.CloudFrontResponse) -> ActionResult:
        check_quantities(self._get_param("InvalidationBatch", {}))
        return plain(self)

    backend = models.CloudFrontBackend
    _put(backend, "create_invalidation", create_invalidation)
    _put(backend, "list_invalidations", paginate(backend.PAGINATION_MODEL)(list_invalidations))
    _put(responses.CloudFrontResponse, "create_invalidation", checked)


def finish_origin_access_controls() -> None:
    """Updates ignored If-Match and kept the ETag; deletes did too, and crashed on an unknown id.

    Also: two of one name were allowed, one in use could be deleted, and the configuration alone
    could not be read.

    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateOriginAccessControl.html
    """
    response = responses.CloudFrontResponse
    plain_create, plain_update = (
        response.create_origin_access_control,
        response.update_origin_access_control,
    )

    def check_name(self: responses.CloudFrontResponse, own_id: str = "") -> None:
        name = self._get_param("OriginAccessControlConfig", {}).get("Name")
        for control in self.backend.origin_access_controls.values():
            if control.name == name and control.id != own_id:
                raise CloudFrontException(
                    "OriginAccessControlAlreadyExists",
                    "An origin access control with the same name already exists.",
                )

    def checked(self: responses.CloudFrontResponse) -> models.OriginAccessControl:
        control = self.backend.get_origin_access_control(self._get_param("Id"))
        _check_if_match(self._get_param("IfMatch"), control.etag)
        return control

    def create(self: responses.CloudFrontResponse) -> ActionResult:
        check_name(self)
        return plain_create(self)

    def update(self: responses.CloudFrontResponse) -> ActionResult:
        control = checked(self)
        check_name(self, own_id=control.id)
        control.etag = models.random_id()
        return plain_update(self)

    def delete(self: responses.CloudFrontResponse) -> ActionResult:
        control = checked(self)
        for distribution in self.backend.distributions.values():
            if control.id in _config(distribution).access_controls():
                raise CloudFrontException(
                    "OriginAccessControlInUse", "The origin access control is in use."
                )
        del self.backend.origin_access_controls[control.id]
        return EmptyResult()

    def get_config(self: responses.CloudFrontResponse) -> ActionResult:
        control = self.backend.get_origin_access_control(self._get_param("Id"))
        return ActionResult({"OriginAccessControlConfig": control, "ETag": control.etag})

    _put(response, "create_origin_access_control", create)
    _put(response, "update_origin_access_control", update)
    _put(response, "delete_origin_access_control", delete)
    setattr(response, "get_origin_access_control_config", get_config)  # noqa: B010 - moto has none


def leave_bucket_policies_it_cannot_judge() -> None:
    """The usual bucket policies locked everybody out, or let everybody in.

    moto asks a bucket's policy without knowing who calls or any condition key, and takes conditions
    as met: a denial of insecure transport denied every request, and the statement that admits one
    distribution admitted anonymous readers. Here only statements about everybody and without
    conditions are asked; who may read through the edge is the edge's to judge.
    """

    def get_permission(self: FakeBucket, action: str, resource: str) -> PermissionResult:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        policy = json.loads(self.policy)
        statements = policy.get("Statement", [])
        if isinstance(statements, dict):
            statements = [statements]
        policy["Statement"] = [
            statement
            for statement in statements
            if not statement.get("Condition")
            and statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
            and "Resource" in statement
        ]
        return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)

    _put(FakeBucket, "get_permission", get_permission)


def say_who_pays_for_a_bucket() -> None:
    """A list of the bucket's objects came back, which Terraform asks of every bucket that it keeps.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketRequestPayment.html
    """
    plain = S3Response._bucket_response_get

    def get_bucket_request_payment(self: S3Response) -> Any:
        self.backend.get_bucket(self.bucket_name)  # an error when there is none
        self.data["Action"] = "GetBucketRequestPayment"
        return self.serialized(ActionResult({"Payer": "BucketOwner"}))

    def get(self: S3Response, bucket_name: str, querystring: dict[str, Any]) -> Any:
        if "requestPayment" in querystring:
            return get_bucket_request_payment(self)
        return plain(self, bucket_name, querystring)

    setattr(S3Response, "get_bucket_request_payment", get_bucket_request_payment)  # noqa: B010
    _put(S3Response, "_bucket_response_get", get)


def _config(distribution: models.Distribution) -> StoredConfig:
    return cast("StoredConfig", distribution.distribution_config)


def _check_if_match(if_match: object, etag: str) -> None:
    if not if_match:
        raise InvalidIfMatchVersion
    if str(if_match).strip('"') != etag:
        raise CloudFrontException(
            "PreconditionFailed",
            "The request failed because it didn't meet the preconditions in one or more "
            "request-header fields.",
        )


def _put(where: Any, name: str, value: Any) -> None:
    """Replace `where.name`; an error when moto no longer has it and the fix would do nothing."""
    getattr(where, name)
    setattr(where, name, value)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
