"""Asks one site over one kept-alive connection, at the least cost: for who asks all night.

    with Asker("https://www.example.com", timeout=2) as asker:
        asker("/").status

A connection that was closed meanwhile is opened again once; whatever else goes wrong is raised.
"""

from __future__ import annotations

import hashlib
import http.client
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from harness.checks.fetching import Answer
from harness.errors import ConfigError


class Asker:
    """One connection to one site."""

    def __init__(self, url: str, *, timeout: float) -> None:
        """Nothing is connected yet.

        Args:
            url: the site, without a path.
            timeout: seconds for one answer.

        Raises:
            ConfigError: it is no address of a site.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise _no_site(url) from error
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _no_site(url)
        kind = http.client.HTTPSConnection
        plain = http.client.HTTPConnection
        self._connection = (kind if parts.scheme == "https" else plain)(
            parts.hostname, port, timeout=timeout
        )

    def __call__(self, path: str) -> Answer:
        """One GET, its answer read to the end.

        Raises:
            OSError: there was no answer.
            HTTPException: it was not HTTP.
        """
        is_fresh = self._connection.sock is None
        try:
            return self._get(path)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()
            if is_fresh:
                raise
            return self._get(path)
        except BaseException:
            self._connection.close()
            raise

    def _get(self, path: str) -> Answer:
        self._connection.request("GET", path, headers={"User-Agent": "sitedrill"})
        response = self._connection.getresponse()
        body = response.read()
        return Answer(
            status=response.status,
            # A message looks names up whatever their case, as HTTP's headers are.
            headers=cast("Mapping[str, str]", response.headers),
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _no_site(url: str) -> ConfigError:
    return ConfigError(
        file="options",
        key="--site",
        value=url,
        expected="what viewers type, such as https://www.example.com",
    )
