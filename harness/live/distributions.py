"""A distribution's configuration: every change is made only on top of what was read.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html says that
`If-Match` must be the ETag of the configuration that is replaced.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from harness.checks.differences import differences
from harness.live.resource import Aws, Change, MovedError, Returned, State, canonical, code_of

_MOVED = frozenset({"PreconditionFailed", "InvalidIfMatchVersion"})


def read(aws: Aws, name: str) -> State:
    """The configuration now."""
    found = aws.cloudfront.get_distribution_config(Id=name)
    return State(canonical(found["DistributionConfig"]), mark=found["ETag"])


def make(aws: Aws, change: Change, token: str) -> str:
    """Make the change; the ETag afterwards. Distributions need no `token`.

    Raises:
        MovedError: it is no longer as captured.
    """
    del token
    return _write(aws, change.name, change.after, on_top_of=change.before.mark)


def put_back(aws: Aws, change: Change, token: str, mark: str) -> Returned:
    """Bring the captured configuration back, unless somebody else has made something of it."""
    del token, mark
    now = read(aws, change.name)
    if same(now, change.before):
        return Returned.UNTOUCHED if now.mark == change.before.mark else Returned.ALREADY
    if not same(now, change.after):
        return Returned.THEIRS
    try:
        _write(aws, change.name, change.before, on_top_of=now.mark)
    except MovedError:
        return Returned.THEIRS
    return Returned.BACK


def forget(aws: Aws, distribution: str, reference: str) -> str:
    """Let every cache forget what it holds; the invalidation's id.

    `reference` tells this invalidation from others, should it be asked for twice.
    https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html
    """
    made = aws.cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": reference,
        },
    )
    return made["Invalidation"]["Id"]


def same(one: State, other: State) -> bool:
    """Whether two configurations are the same to AWS, which keeps no order in lists of names."""
    return not differences(one.config, other.config)


def _write(aws: Aws, name: str, state: State, *, on_top_of: str) -> str:
    try:
        answer = aws.cloudfront.update_distribution(
            Id=name, IfMatch=on_top_of, DistributionConfig=state.config
        )
    except ClientError as error:
        if code_of(error) in _MOVED:
            raise MovedError(f"distribution {name} was changed by somebody else") from error
        raise
    return answer["ETag"]
