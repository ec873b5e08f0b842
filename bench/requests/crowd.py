"""Very many transfers of one member: ``python -m bench.requests.crowd FOLDER COUNT`` makes a site that holds them.

One transfer is sent through the API and becomes ready; its rows are copied by SQLite itself, with other ids and moments. Then a second one is sent
through the API, and has to differ from the copies in nothing but ids, moments and what is sealed.
"""

import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from bench.requests.site import TENANT, Desk, context_of, make_site

Row = tuple[str, str, int, int | None, str]
# What the whole tenant shares or what is history: not a transfer's own.
_APART = ("#event", "#personal", "#once#", "#audit", "#mail", "#usage", "#rate", "#quota")
_ID = re.compile(r"\b[a-z]{2}_[0-9a-z]{26}\b")
_MOMENT = re.compile(r"\b\d{13}\b")
_HASH = re.compile(r"\b[0-9a-f]{64}\b")
_SEALED = re.compile(r'"(marks|record|token|header|sealed|checksum|stored_version)":"[^"]*"')
_RANGE = re.compile(r"\b[0-9a-z]{16}\b")
_TRIED = 3


def rows_of(database: Path, transfer: str) -> list[Row]:
    """A transfer's own rows, as they are stored."""
    with closing(sqlite3.connect(database)) as connection:
        like = f"%{transfer}%"
        found = connection.execute(
            "SELECT pk, sk, version, purge_after, body FROM records WHERE pk LIKE ? OR sk LIKE ? OR body LIKE ? ORDER BY pk, sk",
            (like, like, like),
        ).fetchall()
    return [row for row in found if not any(word in row[0] for word in _APART)]


def shape(rows: list[Row]) -> list[Row]:
    """Rows without what differs between any two transfers."""
    return sorted((_plain(pk), _plain(sk), version, None, _plain(body)) for pk, sk, version, _, body in rows)


def _plain(text: str) -> str:
    text = _SEALED.sub(r'"\1":"..."', _HASH.sub("hash", text))
    text = _RANGE.sub("range", text)
    text = re.sub(r"due#\d+#\d+", "due#minute#shard", _MOMENT.sub("moment", text))
    return _ID.sub(lambda found: found[0][:3], text)


def fill(database: Path, rows: list[Row], first: int, last: int) -> None:
    """Copies with the numbers ``first`` to ``last``, each a millisecond older than the one before."""
    created = min(int(moment) for moment in _MOMENT.findall(" ".join(row[1] for row in rows)))
    ids = sorted({one for row in rows for text in (row[0], row[1], row[4]) for one in _ID.findall(text)} - _kept(rows))
    connection = sqlite3.connect(database, isolation_level=None)
    # A full disk or a crash costs the whole run, and nothing else.
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-2000000", "locking_mode=EXCLUSIVE"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.execute("BEGIN")
    for pk, sk, version, purge_after, body in rows:
        values = [_sql(text, ids, created) for text in (pk, sk, body)]
        connection.execute(
            "WITH RECURSIVE copy(n) AS (VALUES (?) UNION ALL SELECT n + 1 FROM copy WHERE n < ?) "
            f"INSERT INTO records (pk, sk, version, purge_after, body) SELECT {values[0]}, {values[1]}, ?, ?, {values[2]} FROM copy",
            (first, last, version, purge_after),
        )
    connection.execute("COMMIT")
    connection.close()


def _kept(rows: list[Row]) -> set[str]:
    """Ids that all transfers of the member share: the member's own."""
    return {one for row in rows for one in _ID.findall(row[4]) if one.startswith("mb_")} | {
        one for row in rows for one in _ID.findall(row[0]) if one.startswith("mb_")
    }


def _sql(text: str, ids: list[str], created: int) -> str:
    """SQL that makes the same text for copy ``n``: ids end in its number, the moment of creation lies so many ms before, hashes are random."""
    parts = [_literal(_HASH.sub("\x1f", text))]
    for one in ids:
        if one in text:
            parts.append(
                _replaced(parts.pop(), one, f"{_literal(one[:11])} || printf('%010d', n) || {_literal(one[21:])}")
            )
        if f'"{one[3:19]}"' in text:  # the range of ids that a page holds
            parts.append(_replaced(parts.pop(), one[3:19], f"{_literal(one[3:11])} || printf('%08d', n / 100)"))
    if str(created) in text:
        parts.append(f"replace({parts.pop()}, '{created}', CAST({created} - n AS TEXT))")
    if "\x1f" in _HASH.sub("\x1f", text):
        parts.append(f"replace({parts.pop()}, char(31), lower(hex(randomblob(32))))")
    return parts[0]


def _replaced(within: str, old: str, new: str) -> str:
    return f"replace({within}, {_literal(old)}, {new})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def make_crowd(folder: Path, count: int) -> None:
    """A site with ``count`` transfers besides two of the API's. Raises RuntimeError where copies have another shape than the API's."""
    make_site(folder)
    desk = Desk(folder, context_of(folder))
    first = desk.ready()
    desk.ctx.engine.dispose()
    database = folder / "data" / "records.db"
    rows = rows_of(database, first)
    fill(database, rows, 1, _TRIED)
    second = Desk(folder, context_of(folder))
    made = shape(rows_of(database, second.ready()))
    second.ctx.engine.dispose()
    if shape(rows_of(database, copy_of(first, _TRIED))) != made:
        raise RuntimeError("copies differ from what the API writes")
    fill(database, rows, _TRIED + 1, count)
    (folder / "template.txt").write_text(first)


def copy_of(transfer: str, number: int) -> str:
    """The id of a copy: as ids of one moment do, they differ in the middle and sort."""
    return f"{transfer[:11]}{number:010d}{transfer[21:]}"


def main(folder: Path, count: int) -> None:
    make_crowd(folder, count)
    print(TENANT)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
