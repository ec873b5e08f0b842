"""One transfer made by the API, as the stores hold it: what the many are copied from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, or_, select

from bench.bulk_rows import Row
from bench.expiry.site import TENANT, Site
from bench.install import GUEST, wait
from chalicelib.adapters.sql_schema import records

# History, counters, and answers kept for repeated requests: not a transfer's own.
_APART = ("#event", "#personal", "#once#", "#audit", "#mail", "#usage", "#rate", "#quota")


@dataclass(frozen=True)
class Template:
    """``records`` and ``keys`` are the rows of the two databases, ``files`` what lies below its folder (None: a folder)."""

    id: str
    owner: str
    expires_at: int
    records: tuple[Row, ...]
    keys: tuple[Row, ...]
    files: tuple[tuple[str, bytes | None], ...]


def make_template(place: Site, size: int) -> Template:
    """Send one file of ``size`` bytes to one guest, wait until it is ready and the guest invited; gives what was stored."""
    source = place.folder / "template.bin"
    source.write_bytes(bytes(size))
    how = ("--to", GUEST, "--hold", "0", "--proof", "link", "--expires", "7d")
    with place.member() as member, place.stores() as stores:
        sent = member.json("send", str(source), *how)["id"]
        wait(lambda: _invited(stores.engine, sent), "the guest of the template is invited")
        wait(lambda: stores.bus.depth().outbox + sum(stores.bus.depth().queues.values()) == 0, "its events are handled")
    with place.stores() as stores:
        rows = tuple(_rows(stores.engine, sent))
        head = json.loads(next(row[4] for row in rows if row[1] == "head"))
        return Template(
            id=sent,
            owner=head["owner"],
            expires_at=head["expires_at"],
            records=rows,
            keys=tuple(_rows(stores.wrapped_keys_engine, sent)),
            files=tuple(_files(place.data / "blobs" / TENANT / sent)),
        )


def _invited(engine: Engine, transfer: str) -> bool:
    return any(row[1].startswith("rcp#") and '"state":"invited"' in row[4] for row in _rows(engine, transfer))


def _rows(engine: Engine, transfer: str) -> Iterator[Row]:
    column = records.c
    named = or_(column.pk.contains(transfer), column.sk.contains(transfer), column.body.contains(transfer))
    wanted = select(column.pk, column.sk, column.version, column.purge_after, column.body)
    with engine.connect() as connection:
        for pk, sk, version, purge_after, body in connection.execute(wanted.where(named)):
            if not any(word in pk for word in _APART):
                yield pk, sk, version, purge_after, body


def _files(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)), path.read_bytes() if path.is_file() else None
