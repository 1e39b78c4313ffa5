"""The least that the facilitator's credentials must be allowed for one plan.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.gameday.plan import Plan
from harness.incidents import Incident


def least_policy(plan: Plan, incidents: Iterable[Incident]) -> dict[str, Any]:
    """An IAM policy that allows the plan, and nothing else that changes anything."""
    bucket = f"arn:aws:s3:::{plan.aws.bucket}"
    faults = [incident.fault for incident in incidents]
    content = any(fault.content for fault in faults)
    website = any(fault.website for fault in faults)
    look_at_bucket = [
        "s3:GetBucketLocation",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetBucketWebsite",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    ]
    statements = [
        _statement("LookAtTheBucket", look_at_bucket, bucket),
        _statement(
            "LookAtObjects",
            [
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:GetObjectVersion",
                "s3:GetObjectVersionTagging",
            ],
            f"{bucket}/*",
        ),
    ]
    if content:
        change = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"]
        statements.append(
            _statement("BreakAndMendContent", [*change, "s3:PutObjectTagging"], f"{bucket}/*")
        )
    if website:
        statements.append(_statement("BreakAndMendTheWebsite", ["s3:PutBucketWebsite"], bucket))
    if plan.aws.distribution:
        arn = f"arn:aws:cloudfront::{plan.aws.account}:distribution/{plan.aws.distribution}"
        look = ["GetDistribution", "GetDistributionConfig", "ListTagsForResource"]
        statements.append(
            _statement("LookAtTheDistribution", [f"cloudfront:{name}" for name in look], arn)
        )
        change = ["CreateInvalidation"]
        if any(fault.distribution for fault in faults):
            change.append("UpdateDistribution")
        statements.append(
            _statement("BreakAndMendTheDistribution", [f"cloudfront:{n}" for n in change], arn)
        )
    if plan.stop.object:
        stop = plan.stop.object.removeprefix("s3://")
        statements.append(_statement("SeeTheStop", ["s3:GetObject"], f"arn:aws:s3:::{stop}"))
        # Without it S3 answers 403 for an object that is not there.
        statements.append(
            _statement(
                "SeeThatThereIsNone", ["s3:ListBucket"], f"arn:aws:s3:::{stop.partition('/')[0]}"
            )
        )
    if plan.evidence.alarms:
        statements.append(_statement("SeeTheAlarms", ["cloudwatch:DescribeAlarms"], "*"))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, actions: list[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
