"""What an incident changes in AWS is made, and put back; what somebody else did is kept."""

from __future__ import annotations

import pytest
from staging_cloud import BUCKET, Staging, every_incident, names_of_incidents

from harness.incidents import ContentEdit, Fault, Incident
from harness.live import Change, MovedError, Returned, changes_of, is_as_captured, make, put_back

pytestmark = pytest.mark.integration


def told(staging: Staging, incident: Incident) -> list[Change]:
    return changes_of(incident, staging.aws, bucket=BUCKET, distribution=staging.distribution)


def deletion() -> Incident:
    content = every_incident().get("html-truncated")
    fault = Fault(content=(ContentEdit(files="about/*", delete=True),))
    return content.model_copy(update={"fault": fault})


@pytest.mark.parametrize("name", names_of_incidents())
def test_each_incident_is_made_and_put_back_byte_for_byte(staging: Staging, name: str) -> None:
    before = staging.everything()
    changes = told(staging, every_incident().get(name))
    assert staging.everything() == before
    marks = [make(staging.aws, change, token="t-1") for change in changes]
    assert not any(is_as_captured(staging.aws, change) for change in changes)
    for change, mark in reversed(list(zip(changes, marks, strict=True))):
        assert put_back(staging.aws, change, token="t-1", mark=mark) is Returned.BACK
    assert staging.everything() == before
    for change, mark in zip(changes, marks, strict=True):
        again = put_back(staging.aws, change, token="t-1", mark=mark)
        assert again in {Returned.ALREADY, Returned.UNTOUCHED}
    assert staging.everything() == before


def test_without_versions_bytes_headers_metadata_and_tags_come_back(plain_staging: Staging) -> None:
    staging = plain_staging
    for incident in (every_incident().get("html-truncated"), deletion()):
        before = staging.everything()["objects"]
        changes = told(staging, incident)
        marks = [make(staging.aws, change, token="t-1") for change in changes]
        assert staging.everything()["objects"] != before
        for change, mark in zip(changes, marks, strict=True):
            assert put_back(staging.aws, change, token="t-1", mark=mark) is Returned.BACK
        assert staging.everything()["objects"] == before


@pytest.mark.parametrize("knows_the_mark", [True, False])
def test_a_deletion_is_taken_back(staging: Staging, knows_the_mark: bool) -> None:
    before = staging.everything()
    (change,) = told(staging, deletion())
    mark = make(staging.aws, change)
    assert change.says == "is deleted"
    assert "about/index.html" not in staging.everything()["objects"]
    returned = put_back(staging.aws, change, mark=mark if knows_the_mark else "")
    assert returned is Returned.BACK
    assert staging.everything() == before


def test_an_object_that_somebody_else_wrote_since_is_kept_and_ours_goes(staging: Staging) -> None:
    change = told(staging, every_incident().get("html-truncated"))[0]
    key = change.name.partition("/")[2]
    mark = make(staging.aws, change, token="t-1")
    staging.other.s3.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    assert put_back(staging.aws, change, token="t-1", mark=mark) is Returned.THEIRS
    found = staging.other.s3.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == b"theirs"
    listed = staging.other.s3.list_object_versions(Bucket=BUCKET, Prefix=key)
    assert f"version {[v['VersionId'] for v in listed['Versions']]}".find(mark[8:]) == -1


def test_an_object_that_somebody_else_wrote_is_kept_without_versions(
    plain_staging: Staging,
) -> None:
    change = told(plain_staging, every_incident().get("html-truncated"))[0]
    key = change.name.partition("/")[2]
    mark = make(plain_staging.aws, change, token="t-1")
    plain_staging.other.s3.put_object(Bucket=BUCKET, Key=key, Body=b"theirs")
    assert put_back(plain_staging.aws, change, token="t-1", mark=mark) is Returned.THEIRS
    found = plain_staging.other.s3.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == b"theirs"


def test_a_distribution_that_somebody_else_changed_since_is_kept(staging: Staging) -> None:
    (change,) = told(staging, every_incident().get("cloudfront-root-object-missing"))
    mark = make(staging.aws, change)
    cloudfront = staging.other.cloudfront
    found = cloudfront.get_distribution_config(Id=staging.distribution)
    theirs = {**found["DistributionConfig"], "Comment": "theirs"}
    cloudfront.update_distribution(
        Id=staging.distribution,
        IfMatch=found["ETag"],
        DistributionConfig=theirs,  # type: ignore[arg-type]
    )
    assert put_back(staging.aws, change, mark=mark) is Returned.THEIRS
    now = cloudfront.get_distribution_config(Id=staging.distribution)
    assert now["DistributionConfig"]["Comment"] == "theirs"


@pytest.mark.parametrize(
    "name", ["cloudfront-wrong-origin", "html-truncated", "website-index-missing"]
)
def test_nothing_is_changed_that_moved_since_it_was_captured(staging: Staging, name: str) -> None:
    changes = told(staging, every_incident().get(name))
    theirs = told(staging, every_incident().get(name))
    for change in theirs:
        make(staging.other, change)
    since = staging.everything()
    for change in changes:
        with pytest.raises(MovedError, match="somebody else"):
            make(staging.aws, change)
    assert staging.everything() == since
