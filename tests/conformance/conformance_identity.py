"""What drills rely on in IAM and STS, and in DynamoDB for locks.

https://docs.aws.amazon.com/STS/latest/APIReference/, https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

import json
from typing import Any

from conformance_promise import ACCOUNT, Promises, Scene, identity_token, refused

promise = Promises("IAM and STS")
locks = Promises("DynamoDB")

ISSUER = "token.actions.githubusercontent.com"
ARN = f"arn:aws:iam::{ACCOUNT}:role/deployer"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
        }
    ],
}


def _role(scene: Scene) -> Any:
    iam = scene.client("iam")
    made = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST))
    assert made["Role"]["Arn"] == ARN
    return iam


def _session(scene: Scene, name: str) -> dict[str, str]:
    answer = scene.client("sts").assume_role_with_web_identity(
        RoleArn=ARN, RoleSessionName=name, WebIdentityToken=identity_token()
    )
    assert (
        answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/{name}"
    )
    return dict(answer["Credentials"])


@promise("GetCallerIdentity tells the account that roles are in")
def caller_identity(scene: Scene) -> None:
    assert scene.client("sts").get_caller_identity()["Account"] == ACCOUNT


@promise("A role and its trust policy are kept; one that is not there is NoSuchEntity")
def roles(scene: Scene) -> None:
    iam = _role(scene)
    assert iam.get_role(RoleName="deployer")["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert [found["RoleName"] for found in iam.list_roles()["Roles"]] == ["deployer"]
    refused("NoSuchEntity", 404, iam.get_role, RoleName="never")


@promise("A role's inline policies are kept")
def role_policies(scene: Scene) -> None:
    iam = _role(scene)
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allow]}
    iam.put_role_policy(RoleName="deployer", PolicyName="p", PolicyDocument=json.dumps(policy))
    found = iam.get_role_policy(RoleName="deployer", PolicyName="p")
    assert found["PolicyDocument"] == policy


@promise("An identity provider is kept")
def identity_providers(scene: Scene) -> None:
    iam = scene.client("iam")
    made = iam.create_open_id_connect_provider(
        Url=f"https://{ISSUER}", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    assert made == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=made)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]


@promise("A run takes its role with a web identity, unsigned, and then calls as that session")
def web_identity(scene: Scene) -> None:
    _role(scene)
    key = _session(scene, "run-7")
    scene.client("s3", **key).create_bucket(Bucket="by-the-run")
    call = scene.calls()[-1]
    assert (call.data["operation"], call.data["caller"]) == ("CreateBucket", "run-7")


@promise("GetCallerIdentity of a session names its role and the session")
def session_identity(scene: Scene) -> None:
    _role(scene)
    told = scene.client("sts", **_session(scene, "run-7")).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/run-7"


@promise("What a session made is there for everybody else, and the other way round")
def one_account(scene: Scene) -> None:
    _role(scene)
    mine, theirs = scene.bucket(), scene.client("s3", **_session(scene, "run-7"))
    theirs.put_object(Bucket="the-site", Key="a", Body=b"x")
    assert mine.get_object(Bucket="the-site", Key="a")["Body"].read() == b"x"
    theirs.create_bucket(Bucket="by-the-run")
    assert len(mine.list_buckets()["Buckets"]) == 2


@locks("A lock is an item that is put once: the second is refused until it is deleted")
def lock_items(scene: Scene) -> None:
    dynamodb = scene.client("dynamodb")
    dynamodb.create_table(
        TableName="locks",
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lock: dict[str, Any] = {
        "TableName": "locks",
        "Item": {"LockID": {"S": "site/terraform.tfstate"}, "Info": {"S": "{}"}},
        "ConditionExpression": "attribute_not_exists(LockID)",
    }
    dynamodb.put_item(**lock)
    refused("ConditionalCheckFailedException", 400, dynamodb.put_item, **lock)
    key = {"LockID": {"S": "site/terraform.tfstate"}}
    assert dynamodb.get_item(TableName="locks", Key=key, ConsistentRead=True)["Item"]["Info"]
    dynamodb.delete_item(TableName="locks", Key=key)
    dynamodb.put_item(**lock)
