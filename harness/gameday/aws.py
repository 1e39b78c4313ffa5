"""The team's AWS account: a named profile or the environment's credentials, never our own.

Where `AWS_ENDPOINT_URL` or a rehearsal names an endpoint, that one is asked.
https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from harness.errors import SitedrillError
from harness.live.resource import code_of

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

#: Seconds.
CONNECT_TIMEOUT, READ_TIMEOUT = 5, 30


class Account:
    """Clients of one account, made when they are first used."""

    def __init__(
        self, region: str, *, profile: str = "", endpoint: str = "", access_key: str = ""
    ) -> None:
        """Nothing is asked yet.

        Args:
            region: of the bucket.
            profile: a named profile; "" for what the environment says.
            endpoint: of an emulated AWS, in a rehearsal; then no credentials of the person are read.
            access_key: signs there.

        Raises:
            SitedrillError: there is no such profile.
        """
        own: dict[str, Any] = {}
        if endpoint:
            own = {"aws_access_key_id": access_key, "aws_secret_access_key": "unused"}
        try:
            self._session = boto3.session.Session(
                region_name=region, profile_name=profile or None, **own
            )
        except BotoCoreError as error:
            raise SitedrillError(
                f"aws.profile: {error}", hint="`aws configure list-profiles` says which there are"
            ) from error
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    @property
    def s3(self) -> S3Client:
        """S3."""
        client: S3Client = self.client("s3")
        return client

    @property
    def cloudfront(self) -> CloudFrontClient:
        """CloudFront."""
        client: CloudFrontClient = self.client("cloudfront")
        return client

    def id(self) -> str:
        """The account that the credentials belong to.

        Raises:
            SitedrillError: there are no credentials, or they are not valid.
        """
        try:
            return str(self.client("sts").get_caller_identity()["Account"])
        except (ClientError, BotoCoreError) as error:
            raise SitedrillError(
                f"AWS does not say whose credentials these are: {error}",
                hint="name a profile (aws.profile), or put credentials into the environment",
            ) from error

    def region_of(self, bucket: str) -> str:
        """Where a bucket lies; us-east-1 has no name of its own there.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html
        """
        found = self.s3.get_bucket_location(Bucket=bucket).get("LocationConstraint")
        return str({None: "us-east-1", "EU": "eu-west-1"}.get(found, found))

    def tags_of_bucket(self, bucket: str) -> dict[str, str]:
        """A bucket's tags."""
        try:
            found = self.s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
        except ClientError as error:
            if code_of(error) == "NoSuchTagSet":
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in found}

    def tags_of_distribution(self, distribution: str) -> dict[str, str]:
        """A distribution's tags."""
        arn = self.cloudfront.get_distribution(Id=distribution)["Distribution"]["ARN"]
        found = self.cloudfront.list_tags_for_resource(Resource=arn)["Tags"].get("Items", [])
        return {tag["Key"]: tag.get("Value", "") for tag in found}

    def has_object(self, address: str) -> bool:
        """Whether there is an object at `s3://bucket/key`."""
        bucket, _, key = address.removeprefix("s3://").partition("/")
        try:
            self.s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise
        return True

    def alarms(self, names: tuple[str, ...], region: str = "") -> dict[str, str]:
        """Which of these CloudWatch alarms there are, and since when (ISO 8601) each is on.

        Alarms of metrics, and of other alarms. One that is not on has "".
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        """
        client = self.client("cloudwatch", region)
        found = client.describe_alarms(
            AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        return {
            alarm["AlarmName"]: (
                alarm["StateUpdatedTimestamp"].isoformat() if alarm["StateValue"] == "ALARM" else ""
            )
            for alarm in (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ()))
        }

    def close(self) -> None:
        """Close the connections."""
        for client in self._made.values():
            client.close()
        self._made.clear()

    def __enter__(self) -> Account:
        """For the length of a `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def client(self, service: str, region: str = "") -> Any:
        """The client of a service, always the same one; `region` where it is not the bucket's."""
        if service not in self._made:
            is_emulated = bool(self._endpoint or os.environ.get("AWS_ENDPOINT_URL"))
            self._made[service] = self._session.client(
                service,  # type: ignore[call-overload]
                endpoint_url=self._endpoint or None,
                region_name=region or None,
                config=Config(
                    connect_timeout=CONNECT_TIMEOUT,
                    read_timeout=READ_TIMEOUT,
                    retries={"total_max_attempts": 4, "mode": "standard"},
                    s3={"addressing_style": "path" if is_emulated else "auto"},
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )
        return self._made[service]
