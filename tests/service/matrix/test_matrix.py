"""The tenant matrix: every route of every app, asked about ids of every kind by everybody.

Whoever has no right gets exactly the answer of an id that never existed, and the stores are byte for byte what they were before.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from chalicelib.api.describe import described
from chalicelib.api.plain_request import plain_pages
from tests.service.matrix import rows_auth, rows_rest, rows_transfers
from tests.service.matrix.rows import NOBODY, SOMEBODY, TOKENS, Probe, Row
from tests.service.support.caller import Answer
from tests.service.support.cast import Cast, assembled
from tests.service.support.unchanged import written_between
from tests.service.support.world import RIVAL, Dump, world

ROWS: tuple[Row, ...] = (*rows_auth.ROWS, *rows_transfers.ROWS, *rows_rest.ROWS)
# Failed proofs are counted, by account and by network, and those of an account that is there are told to its audit.
COUNTING = ("records|records|acme#attempts#", "records|records|rival#attempts#", "records|outbox|")
COUNTED = ("/auth/v1/login", "/auth/v1/token", "/auth/v1/device/approve", "/auth/v1/password", "/auth/v1/totp")


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with world(tmp_path_factory.mktemp("matrix")) as made:
        yield assembled(made)


def with_ids() -> list[Any]:
    return [pytest.param(row, id=str(row)) for row in ROWS if row.probes]


def test_every_route_has_a_row_and_every_row_a_route(cast: Cast) -> None:
    routes = {
        (method, f"/{name}{path}")
        for name, app in cast.world.apps.items()
        for path, methods in app.routes.items()
        for method in methods
    }
    # Pages without script stand on a link's token alone: tests/service/transfers/test_plain_pages.py asks them.
    pages = {(method, f"/{name}{path}") for name, app in cast.world.apps.items() for method, path in plain_pages(app)}
    assert {row.key for row in ROWS} == routes - pages
    told = {
        (one.method, f"/{name}{one.path}"): one.open for name, app in cast.world.apps.items() for one in described(app)
    }
    assert {row.key: row.open for row in ROWS} == told


def ask(cast: Cast, row: Row, token: str, asked: tuple[str, Any]) -> Answer:
    path, body = asked
    base = RIVAL if token.startswith("rival") else None
    return cast.world.call(row.method, path, body, token=cast.tokens[token], headers=dict(row.headers), base=base)


def seen(answer: Answer) -> tuple[int, Mapping[str, str], Any]:
    """What the asker learns: everything but the request's own id."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    headers.pop("content-length", None)
    body = answer.body
    if isinstance(body, dict):
        body.pop("request_id", None)
    return answer.status, headers, body


def changed(cast: Cast, before: Dump, row: Row) -> set[str]:
    return written_between(before, cast.world.dump(), allowed=COUNTING if row.path in COUNTED else ())


@pytest.mark.parametrize("row", with_ids())
def test_what_is_not_yours_never_existed(cast: Cast, row: Row) -> None:
    wrong: list[str] = []
    for probe in row.probes:
        ids = probe.ids(cast)
        for token in ("none", "owner") if row.open else TOKENS:
            before = cast.world.dump()
            wrong += [f"{token} -> {kind}: {what}" for kind, what in differing(cast, row, probe, token, ids)]
            wrong += [f"{token} changed {key}" for key in changed(cast, before, row)]
    assert wrong == []


def differing(cast: Cast, row: Row, probe: Probe, token: str, ids: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Kinds whose answer is not that of an id that never existed, although the token has no right to them."""
    never = seen(ask(cast, row, token, probe.build(cast, probe.never)))
    if token in NOBODY and not row.open:
        assert (never[0], never[2]["code"]) == (401, "token_invalid")
    for kind, one in ids.items():
        if kind in probe.reach.get(token, ()):
            continue
        answer = seen(ask(cast, row, token, probe.build(cast, one)))
        if answer != never:
            yield kind, (answer, never)


@pytest.mark.parametrize("row", with_ids())
def test_what_is_said_to_be_yours_is(cast: Cast, row: Row) -> None:
    """The table is no wider than the truth: each right in it gives another answer than an id that never existed."""
    for probe in row.probes:
        ids = probe.ids(cast)
        for token, kinds in probe.reach.items():
            for kind in sorted(kinds):
                with cast.world.undone():
                    never = seen(ask(cast, row, token, probe.build(cast, probe.never)))
                    assert seen(ask(cast, row, token, probe.build(cast, ids[kind]))) != never, (token, kind)


@pytest.mark.parametrize("row", [pytest.param(row, id=str(row)) for row in ROWS if not row.probes and not row.open])
def test_whom_a_route_is_closed_to(cast: Cast, row: Row) -> None:
    """Routes without an id: 401 to nobody, the row's refusal to those it names, and a real answer to the rest."""
    refused = {**dict.fromkeys(NOBODY, (401, "token_invalid")), **(row.refused or {})}
    before = cast.world.dump()
    answers = {token: ask(cast, row, token, (row.path, row.body)) for token in refused}
    assert {token: (answer.status, answer.code) for token, answer in answers.items()} == refused
    assert changed(cast, before, row) == set()
    closed = ("token_invalid", "role_missing", "scope_missing", "not_found", "internal_error")
    let_in = {}
    for token in set(SOMEBODY) - refused.keys():
        with cast.world.undone():
            let_in[token] = ask(cast, row, token, (row.path, row.body)).code
    assert {token: code for token, code in let_in.items() if code in closed} == {}
