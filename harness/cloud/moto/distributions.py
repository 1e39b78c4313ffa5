"""A distribution's configuration, kept whole: what CloudFront stores, fills in and refuses.

moto parses a configuration into objects that drop what they do not know (an origin's access
control, function associations...). Here it stays the dictionary that was sent, filled up with the
members CloudFront always answers with.

https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from moto.cloudfront.exceptions import CloudFrontException

_NONE: dict[str, Any] = {"Quantity": 0}
_NOBODY: dict[str, Any] = {"Enabled": False, "Quantity": 0}
_READS: dict[str, Any] = {"Quantity": 2, "Items": ["HEAD", "GET"]}

#: What GetDistributionConfig answers for members that a caller left out.
CONFIG_DEFAULTS: dict[str, Any] = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Comment": "",
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "TrustedSigners": _NOBODY,
    "TrustedKeyGroups": _NOBODY,
    "AllowedMethods": {**_READS, "CachedMethods": _READS},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
}


class StoredConfig(dict[str, Any]):
    """A DistributionConfig as CloudFront stores it: whole, with its defaults filled in.

    Takes the place of moto's `DistributionConfig`, so members are attributes too (the summaries of
    ListDistributions read them so).

    Raises:
        CloudFrontException: the configuration contradicts itself (see `check`).
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        """`config` is the parameter as moto's request parser gives it; it is not changed."""
        super().__init__(_filled(config, CONFIG_DEFAULTS))
        self["Origins"] = _each_filled(self["Origins"], ORIGIN_DEFAULTS)
        self["CacheBehaviors"] = _each_filled(self["CacheBehaviors"], BEHAVIOR_DEFAULTS)
        self["DefaultCacheBehavior"] = _filled(self["DefaultCacheBehavior"], BEHAVIOR_DEFAULTS)
        for behavior in self.behaviors():
            behavior["AllowedMethods"].setdefault("CachedMethods", copy.deepcopy(_READS))
        self.check()

    def __getattr__(self, name: str) -> Any:
        """Members by name: `config.Aliases`."""
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def caller_reference(self) -> str:
        """What makes creating a distribution repeatable without making a second one."""
        return str(self["CallerReference"])

    def origins(self) -> list[dict[str, Any]]:
        """The origins, in order."""
        return list(self["Origins"].get("Items") or [])

    def behaviors(self) -> Iterator[dict[str, Any]]:
        """The path patterns' cache behaviors in order, then the default one."""
        yield from self["CacheBehaviors"].get("Items") or []
        yield self["DefaultCacheBehavior"]

    def access_controls(self) -> set[str]:
        """The ids of the origin access controls its origins use."""
        return {origin["OriginAccessControlId"] for origin in self.origins()} - {""}

    def check(self) -> None:
        """Refuse what CloudFront refuses without looking further than this configuration."""
        check_quantities(self)
        groups = self["OriginGroups"].get("Items") or []
        known = {item["Id"] for item in [*self.origins(), *groups]}
        for behavior in self.behaviors():
            if behavior["TargetOriginId"] not in known:
                raise CloudFrontException(
                    "NoSuchOrigin",
                    "One or more of your origins or origin groups do not exist.",
                )
        for origin in self.origins():
            if "S3OriginConfig" in origin and not origin["DomainName"].endswith("amazonaws.com"):
                raise CloudFrontException(
                    "InvalidArgument",
                    "The parameter Origin DomainName does not refer to a valid S3 bucket.",
                )

    def check_access_controls(self, existing: Collection[str]) -> None:
        """Refuse an origin access control that is not there.

        https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateDistribution.html
        """
        if self.access_controls() - set(existing):
            raise CloudFrontException(
                "InvalidOriginAccessControl",
                "The origin access control is not valid.",
            )


def check_quantities(value: Any) -> None:
    """Refuse a list whose Quantity is not the number of its Items, however deep it lies."""
    if isinstance(value, Mapping):
        items = value.get("Items")
        if "Quantity" in value and value["Quantity"] != len(items or []):
            raise CloudFrontException(
                "InconsistentQuantities",
                "The value of Quantity and the size of Items don't match.",
            )
        for member in value.values():
            check_quantities(member)
    elif isinstance(value, list):
        for member in value:
            check_quantities(member)


def _filled(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy({**defaults, **given})


def _each_filled(listed: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    if not listed.get("Items"):
        return dict(listed)
    return {**listed, "Items": [_filled(item, defaults) for item in listed["Items"]]}
