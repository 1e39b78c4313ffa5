"""Lists, a page at a time.

return listed(asked, items, within="workflows")
return found_page(asked, total, lambda limit, offset: table.find(limit=limit, offset=offset), ...)

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse

from harness.github.api.desk import Asked

#: How many items a page holds when nobody says, and at most.
PER_PAGE, MOST_PER_PAGE = 30, 100
Items = Sequence[Mapping[str, Any]]


def listed(asked: Asked, items: Items, *, within: str = "", **more: Any) -> JSONResponse:
    """One page of a list that is known whole."""
    return found_page(
        asked,
        len(items),
        lambda limit, offset: items[offset : offset + limit],
        within=within,
        **more,
    )


def found_page(
    asked: Asked,
    total: int,
    find: Callable[[int, int], Items],
    *,
    within: str = "",
    **more: Any,
) -> JSONResponse:
    """One page of a list, with the `Link` to the others.

    Args:
        asked: which page, and how long.
        total: how many items there are.
        find: so many of them, after so many.
        within: the name of the list in an object with a count, where GitHub answers with one.
        more: what else that object holds.
    """
    per_page = min(_number(asked, "per_page", PER_PAGE), MOST_PER_PAGE)
    page = _number(asked, "page", 1)
    chosen = list(find(per_page, (page - 1) * per_page))
    last = max(1, -(-total // per_page))
    headers = {"Link": _links(asked, page, last)} if last > 1 else {}
    content = {"total_count": total, **more, within: chosen} if within else chosen
    return JSONResponse(content, headers=headers)


def _links(asked: Asked, page: int, last: int) -> str:
    links = []
    for name, number in (("prev", page - 1), ("next", page + 1), ("last", last), ("first", 1)):
        here = page < last if name in {"next", "last"} else page > 1
        if here:
            there = asked.request.url.include_query_params(page=number)
            path = f"{there.path}?{there.query}"
            links.append(f'<{asked.root}{path}>; rel="{name}"')
    return ", ".join(links)


def _number(asked: Asked, name: str, default: int) -> int:
    value = asked.query(name)
    return max(1, int(value)) if value.isdecimal() else default
