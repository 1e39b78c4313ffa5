"""Which cache behaviour answers a path.

`*` stands for any number of characters (slashes too), `?` for exactly one; case counts; a leading
slash may be left out; the first behaviour in the distribution's order that matches wins, the
default is last. Paths are normalised as in RFC 3986 (dot segments, doubled slashes) before they are
compared, while the origin is asked for the path as the viewer sent it.

Source:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html
"""

from __future__ import annotations

import re
from functools import lru_cache

from harness.edge.distribution import Behaviour, Distribution


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    rooted = pattern if pattern.startswith("/") else f"/{pattern}"
    return re.compile("".join(wildcards.get(c) or re.escape(c) for c in rooted), re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    """Whether `path` (with its leading slash, without the query) matches the path pattern."""
    return _compiled(pattern).fullmatch(path) is not None


def normalise(path: str) -> str:
    """The path that behaviours are compared with: no doubled slashes, no `.` and `..` segments."""
    if "//" not in path and "/." not in path:
        return path
    kept: list[str] = []
    segments = re.sub(r"/{2,}", "/", path).split("/")[1:]
    for number, segment in enumerate(segments, start=1):
        if segment not in {".", ".."}:
            kept.append(segment)
            continue
        if segment == ".." and kept:
            kept.pop()
        if number == len(segments):
            kept.append("")
    return "/" + "/".join(kept)


def choose(distribution: Distribution, path: str) -> Behaviour:
    """The behaviour for `path`, which is percent-decoded and begins with a slash."""
    compared = normalise(path)
    return next(b for b in distribution.behaviours if matches(b.pattern, compared))
