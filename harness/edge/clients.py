"""What the edge needs of AWS: two clients, whoever made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client


class AwsClients(Protocol):
    """`harness.cloud.clients.Clients` is one."""

    @property
    def s3(self) -> S3Client:
        """Reads objects, bucket policies and public access blocks."""
        ...

    @property
    def cloudfront(self) -> CloudFrontClient:
        """Reads distributions, policies and invalidations."""
        ...


def error_code(error: ClientError) -> str:
    """AWS's name for what went wrong, such as `NoSuchKey`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_status(error: ClientError) -> int:
    """The HTTP status the service answered with; 0 when there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
