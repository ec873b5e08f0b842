"""From a member's upload to a guest's file and the signed certificate, all through the apps: routes, SQS handler, schedules."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.tenant import MINUTE
from chalicelib.domain.transfer import State
from chalicelib.ports.event_bus import Delivery
from chalicelib.stores.transfer_store import get_transfer
from fumibako_format import base64url
from fumibako_format.keys import associated_data
from fumibako_format.proofs import verify_certificate
from fumibako_format.streaming import Header, Opener
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.scheduler import Schedule, scheduled_event
from onprem.runtime.worker import sqs_event, sqs_handlers
from tests.service.auth.office import service_app
from tests.service.transfers.desk import Desk

FILES = {"見積書.txt": b"one", "b.txt": b"two two"}


@dataclass
class Worked(Desk):
    """A desk whose worker and schedules run by hand, through the handlers that app.py registers."""

    app: FumibakoApp = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.app = service_app("transfers", self.office.ctx)

    def work(self) -> None:
        """Hand every new event to the SQS handler."""
        outbox = self.office.ctx.records.outbox
        while self.done < len(outbox):
            event = outbox[self.done]
            self.done += 1
            (handler,) = sqs_handlers(self.app)
            answer = handler(sqs_event([Delivery(event.id, event, 1)]), HostContext(event.id))
            assert answer == {"batchItemFailures": []}

    def scheduled(self, name: str) -> None:
        """Run one schedule of the app."""
        event = scheduled_event(Schedule("transfers", name, None, lambda now: now))
        self.app.handler_map[name](event, HostContext(name))

    def ready(self, **fields: Any) -> tuple[str, str]:
        """A transfer that was sent, and the guest's access token."""
        made = self.create(FILES, hold_minutes=0, **fields).body
        assert self.send_files(made, FILES).status == 200
        assert self.call("POST", f"/v1/transfers/{made['id']}/complete", {}).status == 202
        self.work()
        url = self.office.mailed("recipient.invited.v1")["url"]
        return made["id"], self.office.guest(url.partition("#")[2])["access_token"]


def opened(desk: Desk, transfer: str, file: dict[str, Any]) -> bytes:
    """What a client makes of one file of the answer."""
    body = desk.office.ctx.blobs.get(file["url"], file["offset"], file["offset"] + file["length"] - 1)
    key = base64url.decode(file["key"])
    opener = Opener(key, associated_data(transfer, file["id"]), Header.parse(body[:40]))
    return opener.open(0, body[40:], last=True)


def test_the_whole_path() -> None:
    desk = Worked()
    desk.scheduled("sweep_due")
    transfer, guest = desk.ready(title="お見積り", expires_in_minutes=60)
    path = f"/v1/transfers/{transfer}/downloads"
    answer = desk.call("POST", path, {}, token=guest)
    assert answer.status == 201, answer.body
    assert [opened(desk, transfer, file) for file in answer.body["files"]] == list(FILES.values())
    renewed = desk.call("POST", path, {"session": answer.body["session"]}, token=guest)
    assert (renewed.status, renewed.body["session"]) == (201, answer.body["session"])
    done = desk.call("POST", f"{path}/{answer.body['session']}/complete", {}, token=guest)
    assert (done.status, done.body) == (204, None)
    shown = desk.call("GET", f"/v1/transfers/{transfer}").body["recipients"][0]
    assert (shown["state"], shown["downloads"]) == ("downloaded", 1)
    early = desk.call("GET", f"/v1/transfers/{transfer}/certificate")
    assert (early.status, early.code) == (409, "not_yet_destroyed")

    desk.office.ctx.clock.advance(61 * MINUTE)
    token = desk.office.token()
    desk.scheduled("sweep_due")
    desk.work()
    desk.scheduled("issue_certificate_batches")
    shown = desk.call("GET", f"/v1/transfers/{transfer}", token=token).body
    assert (shown["state"], shown["reason"]) == ("destroyed", "expired")
    assert shown["recipients"][0]["email"] == "soto@example.com"
    root = desk.call("GET", "/v1/proof-root", token=token).body["root_fingerprint"]
    document = desk.call("GET", f"/v1/transfers/{transfer}/certificate", token=token)
    assert document.status == 200, document.body
    verified = verify_certificate(document.body, root_fingerprint=root)
    assert len(verified.statement["files"]) == 2
    past = desk.call("GET", f"/v1/transfers/{transfer}/certificate?statement=recoverable-past", token=token)
    assert (past.status, past.code) == (409, "still_recoverable")


def test_after_the_end_a_guest_gets_410_everywhere() -> None:
    desk = Worked()
    transfer, guest = desk.ready(expires_in_minutes=30)
    session = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {}, token=guest).body["session"]
    head = get_transfer(desk.office.ctx.records, "acme", transfer)
    desk.office.ctx.clock.now = head.expires_at - 1
    guest_now = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {}, token=guest)
    if guest_now.status == 401:  # the access token lives 15 minutes: prove anew
        url = desk.office.mailed("recipient.invited.v1")["url"]
        guest = desk.office.guest(url.partition("#")[2])["access_token"]
        guest_now = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {}, token=guest)
    assert guest_now.status == 201
    desk.office.ctx.clock.advance(1)
    for method, path, body in (
        ("POST", "/downloads", {}),
        ("POST", "/downloads", {"session": session}),
        ("POST", f"/downloads/{session}/complete", {}),
        ("GET", "", None),
        ("GET", "/files", None),
    ):
        answer = desk.call(method, f"/v1/transfers/{transfer}{path}", body, token=guest)
        assert (answer.status, answer.code) == (410, "gone"), (method, path, answer.body)


def test_recall_destroys_by_event() -> None:
    desk = Worked()
    transfer, guest = desk.ready()
    recalled = desk.call("DELETE", f"/v1/transfers/{transfer}")
    assert (recalled.status, recalled.body["state"], recalled.body["reason"]) == (202, "closed", "revoked")
    gone = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {}, token=guest)
    assert (gone.status, gone.code) == (410, "gone")
    desk.work()
    assert get_transfer(desk.office.ctx.records, "acme", transfer).state is State.DESTROYED


def test_spent_downloads_and_bad_bodies() -> None:
    desk = Worked()
    transfer, guest = desk.ready(max_downloads=1)
    path = f"/v1/transfers/{transfer}/downloads"
    first = desk.call("POST", path, {}, token=guest, headers={"idempotency-key": "one"})
    again = desk.call("POST", path, {}, token=guest, headers={"idempotency-key": "one"})
    assert first.body["session"] == again.body["session"]
    files = [file["id"] for file in first.body["files"]]
    desk.call("POST", f"{path}/{first.body['session']}/complete", {"files": files[:1]}, token=guest)
    spent = desk.call("POST", path, {"files": files}, token=guest)
    assert (spent.status, spent.code) == (410, "downloads_spent")
    assert [one["pointer"] for one in spent.body["errors"]] == ["/files/0"]
    bodies: tuple[dict[str, Any], ...] = ({"files": "x"}, {"file": []}, {"files": ["fi_x"] * 501})
    for body in bodies:
        assert desk.call("POST", path, body, token=guest).code == "request_invalid"
    for bad in ("tr_x", "tr_01kdv0000000000000000000zz"):
        assert desk.call("POST", f"/v1/transfers/{bad}/downloads", {}, token=guest).status == 404
        assert desk.call("GET", f"/v1/transfers/{bad}/certificate").status == 404
        assert desk.call("GET", f"/v1/transfers/{bad}/receipt").status == 404


def test_a_failing_event_comes_again_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    desk = Worked()
    made = desk.create(FILES, hold_minutes=0).body
    desk.send_files(made, FILES)
    desk.call("POST", f"/v1/transfers/{made['id']}/complete", {})
    completed = desk.office.ctx.records.outbox[-1]
    desk.office.ctx.scanner.away = True
    (handler,) = sqs_handlers(desk.app)
    batch = sqs_event([Delivery("r1", completed, 1), Delivery("r2", desk.office.ctx.records.outbox[0], 1)])
    batch["Records"].append({**batch["Records"][0], "messageId": "r3", "body": "not an event"})
    answer = handler(batch, HostContext("x"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "r1"}, {"itemIdentifier": "r3"}], "away": ["r1"]}
    assert made["id"] not in json.dumps([record.getMessage() for record in caplog.records])


def test_unsent_events_are_moved() -> None:
    desk = Worked()
    desk.create(FILES)
    assert desk.office.ctx.records.outbox
    desk.scheduled("resend_unsent")
    assert desk.office.ctx.records.outbox == []
    assert desk.office.ctx.bus.depth().queues["reporting"] > 0


def test_a_transfer_is_walked_through_by_cursors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.use_cases.receiving.start_download.MAX_FILES", 1)
    desk = Worked()
    transfer, guest = desk.ready()
    first = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {}, token=guest)
    assert (first.status, len(first.body["files"])) == (201, 1)
    last = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {"cursor": first.body["next"]}, token=guest)
    assert (last.status, len(last.body["files"]), "next" in last.body) == (201, 1, False)
    assert first.body["files"][0]["id"] != last.body["files"][0]["id"]
    wrong = desk.call("POST", f"/v1/transfers/{transfer}/downloads", {"cursor": "of another list"}, token=guest)
    assert (wrong.status, wrong.body["code"]) == (400, "cursor_invalid")
