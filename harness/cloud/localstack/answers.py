"""How LocalStack says that it lacks an operation, or a whole service."""

from __future__ import annotations

#: Each of its wordings has one of these.
_SAID = (b"emulated by LocalStack", b"supported by", b"your LocalStack license")


def says_it_lacks(status: int, body: bytes) -> bool:
    """Whether an answer says so; S3 itself has a 501 of another kind, for odd headers.

    https://github.com/localstack/localstack/blob/main/localstack-core/localstack/aws/catalog_exceptions.py
    """
    return status == 501 and any(words in body for words in _SAID)
