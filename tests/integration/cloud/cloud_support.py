"""What the cloud's tests share: a gateway that serves, and a distribution of a site."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.cloud.clients import Clients
from harness.cloud.gateway import Gateway
from harness.journal import Record, read_journal
from harness.serving import Serving


@dataclass
class Front:
    """A gateway that serves, and what it wrote."""

    gateway: Gateway
    endpoint: str
    serving: Serving
    path: Path
    clients: list[Clients] = field(default_factory=list)

    def client(self, caller: str) -> Clients:
        self.clients.append(Clients(self.endpoint, caller))
        return self.clients[-1]

    def calls(self) -> list[Record]:
        return [record for record in read_journal(self.path) if record.kind == "aws.call"]


def oac(name: str) -> Any:
    return {
        "Name": name,
        "Description": "for the site",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }


def behavior(**members: Any) -> dict[str, Any]:
    functions = [
        {
            "FunctionARN": "arn:aws:cloudfront::123456789012:function/rewrite",
            "EventType": "viewer-request",
        }
    ]
    return {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "Compress": True,
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "ResponseHeadersPolicyId": "67f7725c-6f97-4210-82d7-5512b31e9d03",
        "FunctionAssociations": {"Quantity": 1, "Items": functions},
        **members,
    }


def config(oac_id: str = "", **members: Any) -> Any:
    origin = {
        "Id": "site",
        "DomainName": "site.s3.us-east-1.amazonaws.com",
        "OriginPath": "/live",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": oac_id,
    }
    page = {
        "ErrorCode": 403,
        "ResponsePagePath": "/404.html",
        "ResponseCode": "404",
        "ErrorCachingMinTTL": 10,
    }
    return {
        "CallerReference": "one",
        "Comment": "the site",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Aliases": {"Quantity": 1, "Items": ["www.example.test"]},
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior(),
        "CacheBehaviors": {"Quantity": 1, "Items": [behavior(PathPattern="/assets/*")]},
        "CustomErrorResponses": {"Quantity": 1, "Items": [page]},
        **members,
    }
