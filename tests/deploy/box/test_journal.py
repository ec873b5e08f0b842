"""The journal of a run: what is counted, what is idle, and who was never asked."""

import json
from pathlib import Path
from typing import Any

from deploy import names
from deploy.box.journal import Schedules, invocations, lines, mark, never_invoked, operations
from deploy.stage import Stage, load_stage

SWEEP = "fumibako-transfers-box-sweep_due"


def stage() -> Stage:
    return load_stage("box")


def invocation(function: str, source: str, **more: Any) -> dict[str, Any]:
    told = {"kind": "invocation", "function": function, "source": source, "ok": True, "seconds": 0.5, "memory": 512}
    return {**told, "records": 1, **more}


def operation(name: str, caller: str = "", **more: Any) -> dict[str, Any]:
    told = {"kind": "operation", "name": name, "caller": caller, "status": 200, "in": 10, "out": 20}
    return {**told, "read": 0, "write": 0, "items": 1, **more}


def test_invocations_are_counted_by_source_and_failures_beside_them() -> None:
    found = [invocation("a", "queue"), invocation("a", "queue", ok=False), invocation("b", "api")]
    assert invocations(found) == {"a": {"queue": 2, "failed": 1}, "b": {"api": 1}}


def test_a_function_that_nothing_called_is_named() -> None:
    every = [names.function(stage(), service, one) for service in names.FUNCTIONS for one in names.FUNCTIONS[service]]
    counted = {name: {"api": 1} for name in every if name != SWEEP}
    assert never_invoked(stage(), counted) == [SWEEP]
    assert never_invoked(stage(), {**counted, SWEEP: {"schedule": 2}}) == []


def test_what_schedules_only_looked_for_is_idle_and_what_they_did_is_not() -> None:
    found = [
        invocation(SWEEP, "schedule"),
        operation("dynamodb:Query", "transfers-box-sweep_due", items=0, read=1),
        operation("dynamodb:Query", "transfers-box-sweep_due", items=2, read=1),
        operation("dynamodb:TransactWriteItems", "transfers-box-sweep_due", write=4),
        operation("dynamodb:Query", "transfers-box-api_handler", items=0, read=1),
        {**operation("s3:UploadPart"), "in": 1_000},
        {"kind": "request", "method": "GET", "status": 200, "in": 1, "out": 2},
    ]
    made = operations(found)
    assert made["operations"] == {"dynamodb:Query": 2, "dynamodb:TransactWriteItems": 1, "s3:UploadPart": 1}
    assert made["units"] == {"read": 2, "write": 4}
    assert made["callers"]["people"] == {"s3:UploadPart": 1}
    assert made["bytes"]["s3:UploadPart"] == {"in": 1_000, "out": 20}
    assert made["api_requests"] == {"requests": 1, "in": 1, "out": 2}
    assert (made["idle"]["operations"], made["idle"]["read_units"]) == (1, 1)
    assert list(made["idle"]["invocations"]) == [SWEEP]
    assert made["invocations"] == {}


def test_a_scanner_s_empty_looks_are_idle_and_what_it_found_is_not() -> None:
    found = [
        operation("sqs:ReceiveMessage", "scanner", items=0),
        operation("sqs:ReceiveMessage", "scanner", items=1),
        operation("sqs:ReceiveMessage", "notifications-box-api_handler", items=0),
    ]
    made = operations(found)
    assert made["callers"] == {
        "scanner": {"sqs:ReceiveMessage": 1},
        "notifications-box-api_handler": {"sqs:ReceiveMessage": 1},
    }
    assert made["idle"]["operations"] == 1


def test_one_more_fetch_is_one_more_get() -> None:
    once = [operation("s3:GetObject", out=500)]
    assert operations(once)["operations"]["s3:GetObject"] == 1
    assert operations(once * 2)["operations"]["s3:GetObject"] == 2
    assert operations(once * 2)["bytes"]["s3:GetObject"]["out"] == 1_000


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"kind":"request"}\n{"kind":"inv')
    assert lines(journal) == [{"kind": "request"}]
    begin = mark(journal)
    with journal.open("a") as file:
        file.write('ocation"}\n{"kind":"operation"}\n')
    assert [one["kind"] for one in lines(journal, begin - 12)] == ["invocation", "operation"]


def test_schedules_are_done_when_all_of_a_minute_have_ended_since(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text(json.dumps(invocation(SWEEP, "schedule")) + "\n")
    watched = Schedules(journal, stage())
    watched.seen()

    def ran(function: str) -> None:
        with journal.open("a") as file:
            file.write(json.dumps(invocation(names.function(stage(), "transfers", function), "schedule")) + "\n")

    assert not watched.done()
    ran("issue_certificate_batches")
    assert not watched.done()
    ran("sweep_due")
    assert watched.done()
    watched.seen()
    assert not watched.done()
