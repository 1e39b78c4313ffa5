"""Which operations moto has, found by looking at it; runs inside the emulator's process.

moto keeps one response class a service, with a method an operation. S3's is older than that habit:
some of its operations are methods of its backend only, and a few go by another name.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.core.responses import BaseResponse
from moto.core.utils import camelcase_to_underscores
from moto.moto_server.werkzeug_app import DomainDispatcherApplication

#: In S3's backend by another name, or only as a branch of a longer method.
_S3_BY_ANOTHER_NAME = frozenset(
    {
        "AbortMultipartUpload",
        "GetBucketLifecycle",
        "GetBucketNotification",
        "ListBuckets",
        "PutBucketLifecycle",
        "PutBucketNotification",
    }
)


def implemented(service: str, app: DomainDispatcherApplication) -> list[str]:
    """The operations of `service` that moto has, by name; none when it lacks the service.

    Args:
        service: the name botocore loads the service's model by, such as "cloudfront".
        app: asked which of moto's backends a service's host belongs to.
    """
    try:
        model = ServiceModel(Loader().load_service_model(service, "service-2"))
        classes = _classes(str(model.endpoint_prefix), app)
    except (UnknownServiceError, ImportError):  # unknown to botocore, or an extra not installed
        return []
    methods = {name for found in classes for name in dir(found)}
    return sorted(
        operation
        for operation in model.operation_names
        if camelcase_to_underscores(operation) in methods
        or (service == "s3" and operation in _S3_BY_ANOTHER_NAME)
    )


def _classes(prefix: str, app: DomainDispatcherApplication) -> list[type[Any]]:
    host = (
        f"{prefix}.amazonaws.com" if prefix == "cloudfront" else f"{prefix}.us-east-1.amazonaws.com"
    )
    backend = app.get_backend_for_host(host)
    if not backend:
        return []
    module = import_module(f"moto.{backend}.responses")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, BaseResponse) and member is not BaseResponse
    ]
    if prefix == "s3":
        found.append(import_module("moto.s3.models").S3Backend)
    return found
