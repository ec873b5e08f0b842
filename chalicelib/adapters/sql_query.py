"""The statements behind ``query``: one per shape, compiled once."""

from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from chalicelib.adapters.sql_schema import records

MOST_ROWS: Final = 128


def page_values(pk: str, prefix: str, after: str | None, limit: int) -> dict[str, Any]:
    """The values of a page's statement; ``end`` and ``after`` only where the statement has them."""
    end = prefix_end(prefix)
    values: dict[str, Any] = {"pk": pk, "prefix": prefix, "most": limit}
    if end is not None:
        values["end"] = end
    if after is not None:
        values["after"] = after
    return values


@cache
def page_statement(bounded: bool, continued: bool, reverse: bool) -> Select[Any]:  # noqa: FBT001  # a cache key, not an option
    """Rows of ``pk, sk, version, body, purge_after`` in order."""
    sk = records.c.sk
    statement = select(records.c.pk, sk, records.c.version, records.c.body, records.c.purge_after)
    statement = statement.where(records.c.pk == bindparam("pk"), sk >= bindparam("prefix"))
    if bounded:
        statement = statement.where(sk < bindparam("end"))
    if continued:
        statement = statement.where(sk < bindparam("after") if reverse else sk > bindparam("after"))
    return statement.order_by(sk.desc() if reverse else sk.asc()).limit(bindparam("most"))


def prefix_end(prefix: str) -> str | None:
    """The least text greater than every text with this prefix; None where there is none. UTF-8 sorts like code points (RFC 3629)."""
    while prefix:
        last = ord(prefix[-1])
        if last < 0x10FFFF:
            following = 0xE000 if last == 0xD7FF else last + 1  # between them lie surrogates, which are no characters
            return prefix[:-1] + chr(following)
        prefix = prefix[:-1]
    return None
