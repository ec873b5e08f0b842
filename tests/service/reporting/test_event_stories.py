"""Whole stories through the apps: every event fits its schema, and none tells what a person is called, where, or by which secret."""

import json

import pytest

from chalicelib.use_cases.key_statement import root_fingerprint
from fumibako_format.proofs import verify_audit_chain
from tests.service.auth.office import ADMIN
from tests.service.reporting.newsroom import PASSWORD, Newsroom, administer, ask_for_files, send_and_fetch
from tests.service.transfers.test_downloads import FILES
from tests.unit.use_cases.event_schemas import TYPES, outside, problems, undeclared


@pytest.fixture(scope="module")
def told() -> Newsroom:
    """Everything has happened, and was reported."""
    room = Newsroom()
    room.scheduled("sweep_due")
    administer(room)
    ask_for_files(room)
    send_and_fetch(room)
    room.report()
    assert room.ask("/v1/audit/erase-personal", {"actor": "rc_nobody"}).body["erased"] == 0
    some = room.ask("/v1/audit?action=guest.verified").body["items"][0]
    assert room.ask("/v1/audit/erase-personal", {"actor": some["actor"]}).body["erased"] > 0
    room.minute("sign_audit_roots")
    room.report()
    return room


def test_every_type_with_a_schema_was_told_and_every_event_has_a_schema(told: Newsroom) -> None:
    assert sorted({event.type for event in told.office.ctx.records.outbox}) == TYPES


def test_every_event_fits_its_schema(told: Newsroom) -> None:
    found = {
        event.type: [*problems(event.type, outside(event)), *undeclared(event)]
        for event in told.office.ctx.records.outbox
    }
    assert {event_type: wrong for event_type, wrong in found.items() if wrong} == {}


def test_no_event_tells_a_name_an_address_or_a_secret(told: Newsroom) -> None:
    office = told.office
    planted = [
        *("soto", "naka", "guest0", "guest59", "taro", "Taro", "Hanako", "example.c", ADMIN, "203.0.113"),
        *(*FILES, "返信", "書類", "お見積り", "script", "quiet harbour", PASSWORD, office.password),
        *(office.mailed("challenge.issued.v1")["code"], office.mailed("recipient.invited.v1")["url"].partition("#")[2]),
    ]
    for event in office.ctx.records.outbox:
        text = json.dumps(event.data, ensure_ascii=False) + event.subject
        assert [secret for secret in planted if secret in text] == [], event.type
    rows = {key: row.text for key, row in office.ctx.records.rows.items() if _of_reporting(key.pk)}
    assert len(rows) > 100
    assert [(key, secret) for key, text in rows.items() for secret in planted if secret in text] == []


def _of_reporting(pk: str) -> bool:
    return any(part in pk for part in ("#event", "#audit", "#personal", "#usage"))


def test_every_event_is_in_the_chain_once_and_the_chain_verifies(told: Newsroom) -> None:
    pages = told.ask("/v1/audit/export").body
    entries = [entry["id"] for block in pages["blocks"] for entry in block["entries"]]
    assert sorted(entries) == sorted(event.id for event in told.office.ctx.records.outbox)
    fingerprint = root_fingerprint(told.office.ctx)
    chain = verify_audit_chain(pages["blocks"], roots=pages["roots"], root_fingerprint=fingerprint)
    assert chain.entries == len(entries)
