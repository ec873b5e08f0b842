"""The reporting service through its app: routes, SQS handler, schedules."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fumibako.cli import main
from openapi_spec_validator import OpenAPIV31SpecValidator

from chalicelib.ports.record_store import Put
from chalicelib.stores.audit_store import get_block
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.key_statement import root_fingerprint
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.worker import sqs_handlers
from tests.service.auth.office import ADMIN
from tests.service.reporting.newsroom import Newsroom, send_and_fetch


def pages(room: Newsroom, path: str) -> list[dict[str, Any]]:
    """The items of every page."""
    found: list[dict[str, Any]] = []
    separator, cursor = ("&" if "?" in path else "?"), ""
    while True:
        answer = room.ask(path + cursor)
        assert answer.status == 200, answer.body
        found += answer.body["items"]
        if answer.body["next"] is None:
            return found
        cursor = f"{separator}cursor={answer.body['next']}"


def test_a_transfers_life_is_audited_counted_and_told() -> None:
    room = Newsroom()
    room.scheduled("sweep_due")
    transfer = send_and_fetch(room)
    room.report()
    lines = pages(room, f"/v1/audit?subject={transfer}&limit=3")
    actions = [line["action"] for line in lines][::-1]
    assert actions[:2] == ["transfer.created", "transfer.completed"]
    assert set(actions[2:4]) == {"transfer.checked", "transfer.held"}  # of one write
    assert lines[0]["action"] == "transfer.destroyed"
    created = lines[-1]
    assert created["actor"] == room.office.admin_id()
    assert created["personal"] == {"network": "203.0.113.7"}
    assert set(created["commitments"]) == {"network"}
    assert "personal" not in lines[0]
    started = pages(room, "/v1/audit?action=download.started")
    assert [line["personal"]["address"] for line in started] == ["soto@example.com"]
    assert pages(room, "/v1/audit?to=2026-01-01T00:00:00Z") == []
    usage = room.ask("/v1/usage?from=2026-01-01&to=2026-01-01").body["items"]
    assert [(day["day"], day["transfers"], day["files"], day["downloads"], day["destroyed"]) for day in usage] == [
        ("2026-01-01", 1, 2, 1, 1)
    ]
    assert usage[0]["downloaded_bytes"] == usage[0]["bytes"] > 0
    (mine,) = room.ask("/v1/usage?by=member").body["items"]
    assert (mine["member"], mine["transfers"], mine["downloads"]) == (room.office.admin_id(), 1, 0)


def test_events_are_read_by_cursor_without_what_is_sealed() -> None:
    room = Newsroom()
    send_and_fetch(room)
    room.report()
    seen: list[dict[str, Any]] = []
    after = "0"
    while True:
        body = room.ask(f"/v1/events?limit=4&after={after}").body
        if not body["items"]:
            assert body["next"] == after
            break
        seen += body["items"]
        after = body["next"]
    outbox = room.office.ctx.records.outbox
    assert sorted(one["id"] for one in seen) == sorted(event.id for event in outbox)
    assert all("sealed" not in one and one["specversion"] == "1.0" for one in seen)
    assert {one["type"].startswith("com.fumibako.") for one in seen} == {True}
    # Every event says how to go on behind it, not only every page.
    behind = room.ask(f"/v1/events?limit=200&after={seen[2]['cursor']}").body["items"]
    assert [one["id"] for one in behind] == [one["id"] for one in seen[3:]]
    assert seen[-1]["cursor"] == after


def test_the_command_line_verifies_the_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = Newsroom()
    room.report()
    room.minute("sign_audit_roots")
    body = room.ask("/v1/audit/export?from_block=1").body
    assert body["next"] is None
    export = tmp_path / "audit.json"
    export.write_text(json.dumps({"blocks": body["blocks"], "roots": body["roots"]}), "utf-8")
    fingerprint = root_fingerprint(room.office.ctx)
    assert main(["verify", str(export), "--root", fingerprint, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["type"], answer["first"], answer["signed_through"]) == ("audit", 1, 1)
    (root,) = room.ask("/v1/audit/roots").body["items"]
    assert [root["document"]] == body["roots"]
    assert (root["sequence"], root["hash"]) == (1, answer["last_hash"])


def test_a_row_changed_by_hand_is_noticed_by_the_check() -> None:
    room = Newsroom()
    room.report()
    room.minute("sign_audit_roots")
    held = room.ask("/v1/audit/check").body
    assert held == {"first": 1, "last": 1, "entries": 2, "next": None, "signed_through": 1}
    records = room.office.ctx.records
    block = get_block(records, "acme", 1)
    assert block is not None
    block["entries"][0]["actor"] = "mb_somebody_else"
    key = next(key for key in records.rows if key.pk == "acme#audit#blocks")
    records.transact([Put(key, block)])
    answer = room.ask("/v1/audit/check")
    assert (answer.status, answer.code) == (409, "audit_broken")
    assert "block 1" in answer.body["detail"]


def test_one_bad_message_of_a_batch_comes_again_alone() -> None:
    room = Newsroom()
    ctx = room.office.ctx
    room.report()
    fields: dict[str, Any] = {"tenant": "acme", "subject": "acme", "sequence": 1, "actor": "system"}
    good, bad = (make_event(ctx, type="tenant.changed.v1", data={"settings": []}, **fields) for _ in range(2))
    bad = replace(bad, data={"half": 0.5})
    assert room.handle(good, bad) == [bad.id]
    (handler,) = sqs_handlers(room.reporting)
    unreadable = {"Records": [{"messageId": "m1", "body": "{}"}]}
    assert handler(unreadable, HostContext("batch")) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    room.minute("form_audit_blocks")
    assert [line["id"] for line in pages(room, "/v1/audit?action=tenant.changed")] == [good.id]


def test_erasing_personal_fields_keeps_the_chain() -> None:
    room = Newsroom()
    room.report()
    before = room.ask("/v1/audit/export").body
    assert [line["personal"] for line in pages(room, "/v1/audit?action=member.signed_in")]
    answer = room.ask("/v1/audit/erase-personal", {"actor": room.office.admin_id()})
    assert (answer.status, answer.body) == (200, {"erased": 1, "next": None})
    assert [line.get("personal") for line in pages(room, "/v1/audit?action=member.signed_in")] == [None]
    assert room.ask("/v1/audit/export").body == before
    assert room.ask("/v1/audit/erase-personal", {}).code == "request_invalid"
    assert room.ask("/v1/audit/erase-personal", {"before": "today"}).code == "time_invalid"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/audit?from=yesterday", 422, "time_invalid"),
        ("/v1/audit?cursor=x", 400, "cursor_invalid"),
        ("/v1/audit?limit=201", 400, "query_invalid"),
        ("/v1/audit/export?from_block=0", 400, "query_invalid"),
        ("/v1/audit/export?cursor=x", 400, "cursor_invalid"),
        ("/v1/audit/check?from_block=99", 400, "query_invalid"),
        ("/v1/audit/roots?cursor=x", 400, "cursor_invalid"),
        ("/v1/usage?from=2026-13-01", 400, "query_invalid"),
        ("/v1/usage?from=2024-01-01&to=2026-01-01", 400, "query_invalid"),
        ("/v1/usage?by=file", 400, "query_invalid"),
        ("/v1/events?after=x", 400, "cursor_invalid"),
        ("/v1/events?cursor=1", 400, "query_invalid"),
    ],
)
def test_what_is_asked_wrongly_is_refused(path: str, status: int, code: str) -> None:
    room = Newsroom()
    room.report()
    answer = room.ask(path)
    assert (answer.status, answer.code) == (status, code)


def test_tokens_need_their_scopes() -> None:
    room = Newsroom()
    bare = room.admin("POST", "/v1/keys", {"name": "k", "scopes": ["admin"]}).body["token"]
    audit = room.admin("POST", "/v1/keys", {"name": "k", "scopes": ["audit:read"]}).body["token"]
    for path in ("/v1/audit", "/v1/audit/export", "/v1/audit/roots", "/v1/audit/check", "/v1/usage"):
        assert room.ask(path, token=bare).code == "scope_missing"
        assert room.ask(path, token=audit).status == 200
    assert room.ask("/v1/events", token=audit).code == "scope_missing"
    assert room.ask("/v1/events", token=bare).status == 200
    assert room.ask("/v1/audit/erase-personal", {"actor": "x"}, token=audit).code == "scope_missing"


def test_the_document_is_openapi_3_1() -> None:
    document = Newsroom().ask("/v1/openapi.json").body
    OpenAPIV31SpecValidator(document).validate()
    assert "/v1/audit/export" in document["paths"]
    assert ADMIN not in json.dumps(document)
