"""A history in S3: fetched with its ETag, and put back only if nobody put another one meanwhile.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from harness.clock import Clock
from harness.errors import SitedrillError
from harness.history.database import read, with_runs
from harness.history.runs import RunRow

#: How often a writer tries that always finds another one quicker, and the longest wait in seconds.
TRIES, LONGEST_WAIT = 12, 5.0

#: Another writer was quicker: it wrote before, is writing, or removed the object.
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_ABSENT = frozenset({"NoSuchKey", "404"})


class _OtherWriterError(Exception):
    """The object is no longer the one that was read."""


class Bucket:
    """A history in an object of a bucket."""

    def __init__(self, bucket: str, key: str, *, client: Any, clock: Clock) -> None:
        """Nothing is asked before the first `read` or `append`."""
        self._bucket = bucket
        self._key = key
        self._s3 = client
        self._clock = clock

    @property
    def name(self) -> str:
        """Its address."""
        return f"s3://{self._bucket}/{self._key}"

    def read(self) -> list[RunRow]:
        """Every run, the oldest first; none when there is no history yet.

        Raises:
            ConfigError: the database is damaged, or not one of ours.
            SitedrillError: S3 says no.
        """
        image, _ = self._get()
        return read(image, name=self.name)

    def append(self, runs: Sequence[RunRow]) -> list[RunRow]:
        """Keep these runs as well; after another writer's they are added to what that one wrote.

        Raises:
            ConfigError: the database is damaged, or not one of ours; it is left as it is.
            SitedrillError: S3 says no, or others were quicker `TRIES` times.
        """
        tries = Retrying(
            retry=retry_if_exception_type(_OtherWriterError),
            stop=stop_after_attempt(TRIES),
            wait=wait_random_exponential(multiplier=0.1, max=LONGEST_WAIT),
            sleep=self._clock.sleep,
        )
        try:
            image: bytes = tries(self._append_once, runs)
        except RetryError as error:
            raise SitedrillError(
                f"{self.name}: others wrote it {TRIES} times while we tried to",
                hint="add the run later with `sitedrill report DIR --history ...`",
            ) from error
        return read(image, name=self.name)

    def _append_once(self, runs: Sequence[RunRow]) -> bytes:
        old, etag = self._get()
        image = with_runs(old, runs, name=self.name)
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=image,
                ContentType="application/vnd.sqlite3",
                **condition,
            )
        except ClientError as error:
            # One that was removed answers 404 to If-Match.
            if _code(error) in _LOST or (etag is not None and _code(error) in _ABSENT):
                raise _OtherWriterError from error
            raise self._refused("written", error) from error
        except BotoCoreError as error:
            raise self._refused("written", error) from error
        return image

    def _get(self) -> tuple[bytes | None, str | None]:
        try:
            found = self._s3.get_object(Bucket=self._bucket, Key=self._key)
            return found["Body"].read(), found["ETag"]
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None, None
            raise self._refused("read", error) from error
        except BotoCoreError as error:
            raise self._refused("read", error) from error

    def _refused(self, what: str, error: Exception) -> SitedrillError:
        return SitedrillError(
            f"{self.name}: the history cannot be {what}: {error}",
            hint="it needs s3:GetObject, s3:PutObject and s3:ListBucket, and credentials where boto3 "
            "looks for them",
        )


def make_client() -> Any:
    """A client of S3, with the credentials and the endpoint that boto3 finds."""
    # Where S3 is somebody else's, a bucket is seldom a host name.
    own = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = Config(s3={"addressing_style": "path"}) if own else Config()
    try:
        return boto3.client("s3", config=config)
    except (BotoCoreError, ValueError) as error:
        raise SitedrillError(
            f"no client of S3 can be made: {error}", hint="look at the AWS_ variables"
        ) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
