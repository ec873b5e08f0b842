"""First pages of very many transfers, asked of the real app: ``python -m bench.requests.first_pages FOLDER COUNT``, settings in the environment.

Prints ``{"p95": {page: ms}, "calls": {page: calls of a store}, "items": {page: lines on it}, "seconds_to_fill": s}``. The time is the server's, from the request
that the runtime's front hands on to its answer: sign-in, rates, reads, JSON. ``DYNAMODB_ENDPOINT`` puts the records into a DynamoDB there.
"""

import json
import math
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from bench.bulk_rows import RowWriter, dynamodb_rows, sql_rows, write_all
from bench.requests.flat_requests import Counted
from bench.requests.list_seed import RARE, USUAL, Crowd
from bench.requests.site import TENANT, Desk
from chalicelib.adapters.sql_schema import records
from chalicelib.bootstrap import LazyContext, database_url
from chalicelib.config import load_settings
from chalicelib.domain.tenant import with_settings
from chalicelib.ports.record_store import ANY
from chalicelib.stores.tenant_store import get_tenant, put_ops
from chalicelib.stores.word_store import make_marker

ENDPOINT: Final = "DYNAMODB_ENDPOINT"
_TABLE: Final = "fumibako"
_TIMES: Final = 40
PAGES: Final = {
    "no filter": "",
    "ready": "state=ready",
    "held, 3": "state=held",
    "uploading, none": "state=uploading",
    "over, none": "state=closed,destroying,destroyed",
    "recipient, all but 3": f"recipient={USUAL}",
    "recipient, 3": f"recipient={RARE}",
    "word, all": "q=report",
    "word, 3": "q=rare",
    "two words, 3": "q=report+rare",
    "word and state, 3": "q=report&state=held",
    "word, none": "q=absent",
}


def main(folder: Path, count: int, host: str) -> None:
    ctx = LazyContext(load_settings(os.environ))
    endpoint = os.environ.get(ENDPOINT)
    writer = sql_rows(database_url(ctx.settings)) if endpoint is None else _moved_to_dynamodb(ctx, endpoint)
    former = get_tenant(ctx.records, TENANT)
    ctx.records.transact(put_ops(with_settings(former, requests_per_minute=1_000_000), expect=ANY, former=former))
    filled = _filled(ctx, writer, count, whole=endpoint is None)
    calls: Counter[str] = Counter()
    vars(ctx)["records"] = Counted("records", ctx.records, calls)
    desk = Desk(folder, ctx, host=host)
    p95, made, items = {}, {}, {}
    for name, query in PAGES.items():
        _asked(desk, query)
        calls.clear()
        items[name] = len(_asked(desk, query)["items"])
        made[name] = dict(sorted(calls.items()))
        p95[name] = _p95([_timed(desk, query) for _ in range(_TIMES)])
    print(json.dumps({"p95": p95, "calls": made, "items": items, "seconds_to_fill": round(filled, 1)}))


def _filled(ctx: LazyContext, writer: RowWriter, count: int, *, whole: bool) -> float:
    """Write the crowd; gives the seconds that it took."""
    began = time.perf_counter()
    (member,) = ctx.records.query(f"{TENANT}#members").records
    crowd = Crowd(TENANT, member.key.sk, count, ctx.clock.now_ms(), whole=whole)
    write_all(writer, crowd.rows(make_marker(ctx, TENANT, random=ctx.ids.random)))
    writer.close()
    return time.perf_counter() - began


def _asked(desk: Desk, query: str) -> Any:
    return desk.call("GET", f"/v1/transfers?{query}" if query else "/v1/transfers")


def _timed(desk: Desk, query: str) -> float:
    began = time.perf_counter()
    _asked(desk, query)
    return (time.perf_counter() - began) * 1_000


def _p95(times: list[float]) -> float:
    return sorted(times)[math.ceil(len(times) * 0.95) - 1]


def _moved_to_dynamodb(ctx: LazyContext, endpoint: str) -> RowWriter:
    """Its records from now on are a DynamoDB's, which gets a table of its own with what ``init`` wrote into SQLite; gives its writer."""
    from chalicelib.adapters.dynamodb_connection import create_table, dynamodb_connection  # SDK of one store
    from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore

    connection = dynamodb_connection(_TABLE, region="eu-central-1", endpoint=endpoint)
    create_table(connection, _TABLE)
    with ctx.engine.connect() as sql:
        rows = [tuple(row) for row in sql.execute(select(records))]
    writer = dynamodb_rows(connection.client, _TABLE)
    writer.write(rows)
    vars(ctx)["records"] = DynamoDBRecordStore(connection, _TABLE)
    return writer


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
