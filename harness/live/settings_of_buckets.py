"""Configurations of a bucket that have no ETag: its website, its policy.

S3 cannot be told to change them only where they are still the same, so they are read just before: what
somebody else does within those milliseconds is overwritten.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from harness.checks.differences import differences
from harness.live.resource import Aws, Change, MovedError, Returned, State, canonical, code_of

_NONE = frozenset({"NoSuchWebsiteConfiguration", "NoSuchBucketPolicy"})


class BucketSetting:
    """One kind of setting; `kind` is `website` or `policy`."""

    def __init__(self, kind: str) -> None:
        """Nothing is asked yet."""
        self._kind = kind

    def read(self, aws: Aws, name: str) -> State:
        """The setting now."""
        try:
            config = self._get(aws, name)
        except ClientError as error:
            if code_of(error) in _NONE:
                return State(exists=False, mark="none")
            raise
        body = canonical(config)
        return State(body, mark=hashlib.sha256(body).hexdigest())

    def make(self, aws: Aws, change: Change, token: str) -> str:
        """Make the change; the mark afterwards.

        Raises:
            MovedError: it is no longer as captured.
        """
        del token
        if not self.same(self.read(aws, change.name), change.before):
            raise MovedError(f"{change.resource} was changed by somebody else")
        self._write(aws, change.name, change.after)
        return self.read(aws, change.name).mark

    def put_back(self, aws: Aws, change: Change, token: str, mark: str) -> Returned:
        """Bring the captured setting back, unless somebody else has made something of it."""
        del token
        now = self.read(aws, change.name)
        if self.same(now, change.before):
            return Returned.ALREADY if mark else Returned.UNTOUCHED
        if not self.same(now, change.after):
            return Returned.THEIRS
        self._write(aws, change.name, change.before)
        return Returned.BACK

    def same(self, one: State, other: State) -> bool:
        """Whether two settings mean the same."""
        return one.exists == other.exists and not differences(one.config, other.config)

    def _get(self, aws: Aws, bucket: str) -> Any:
        if self._kind == "policy":
            return json.loads(aws.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        found = aws.s3.get_bucket_website(Bucket=bucket)
        return {key: value for key, value in found.items() if key != "ResponseMetadata"}

    def _write(self, aws: Aws, bucket: str, state: State) -> None:
        if self._kind == "policy":
            if state.exists:
                aws.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(state.config))
            else:
                aws.s3.delete_bucket_policy(Bucket=bucket)
        elif state.exists:
            aws.s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=state.config)
        else:
            aws.s3.delete_bucket_website(Bucket=bucket)
