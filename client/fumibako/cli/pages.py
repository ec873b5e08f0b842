"""Lists of the API, page by page (spec/api.md, conventions)."""

from collections.abc import Iterator
from typing import Any

from fumibako.decoding import items_in
from fumibako.http import Api
from fumibako.transport import server_wrong

_PAGE = 200


def items_of(api: Api, path: str, kind: type[Any] | None = None, **query: str | None) -> Iterator[dict[str, Any]]:
    """Every item, asked for as it is needed. Raises NetworkFailed("server_wrong") where a cursor leads back to itself."""
    cursor: str | None = None
    while True:
        page = api.get(path, **query, cursor=cursor, limit=_PAGE)
        yield from items_in(page, kind)
        following = page.get("next")
        if not following:
            return
        if following == cursor:
            raise server_wrong("next")
        cursor = following
