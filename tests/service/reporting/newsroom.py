"""The reporting service beside auth and transfers over the same fakes: events go to its SQS handler, schedules run by hand."""

import json
from dataclasses import dataclass, field
from typing import Any

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.events import Event
from chalicelib.domain.timestamps import rfc3339
from chalicelib.ports.event_bus import Delivery
from chalicelib.use_cases.receiving.note_fetch import fetch_began
from onprem.runtime.gateway import Gateway
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.proxy_event import HTTPRequest
from onprem.runtime.scheduler import Schedule, scheduled_event
from onprem.runtime.worker import sqs_event, sqs_handlers
from tests.service.auth.office import ADMIN, HOST, Answer, service_app
from tests.service.transfers.test_downloads import FILES, Worked

PASSWORD = "quiet harbour at dawn"


@dataclass
class Newsroom(Worked):
    """``ask`` speaks to reporting with the first admin's token unless another is given."""

    reporting: FumibakoApp = field(init=False)
    reported: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.reporting = service_app("reporting", self.office.ctx)
        self.reporter = Gateway(self.reporting, "/reporting")

    def ask(self, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        method = "GET" if body is None else "POST"
        path, _, query = path.partition("?")
        sent = {"host": HOST, "authorization": f"Bearer {token or self.token}"}
        if body is not None:
            sent["content-type"] = "application/json"
        raw = b"" if body is None else json.dumps(body).encode()
        request = HTTPRequest(
            method, "/reporting", path, query, tuple(sent.items()), raw, "203.0.113.7", "request-0001"
        )
        answer = self.reporter.handle(request)
        return Answer(answer.status, {n.lower(): v for n, v in answer.headers}, json.loads(answer.body))

    def handle(self, *events: Event) -> list[str]:
        """One batch to the SQS handler; gives the messages that must come again."""
        (handler,) = sqs_handlers(self.reporting)
        answer = handler(sqs_event([Delivery(event.id, event, 1) for event in events]), HostContext("batch"))
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    def report(self) -> None:
        """Everything new to reporting, in batches of ten, and into blocks."""
        outbox = self.office.ctx.records.outbox
        while self.reported < len(outbox):
            batch = outbox[self.reported : self.reported + 10]
            self.reported += len(batch)
            assert self.handle(*batch) == []
        self.minute("form_audit_blocks")

    def minute(self, name: str) -> None:
        """Run one schedule of reporting."""
        event = scheduled_event(Schedule("reporting", name, None, lambda now: now))
        self.reporting.handler_map[name](event, HostContext(name))

    def admin(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Ask the auth service as the admin."""
        answer = self.office.call(method, path, body, token=self.token, **more)
        assert answer.status < 300, answer.body
        return answer

    def fresh(self, minutes: int) -> None:
        """Time passes; the admin signs in again."""
        self.office.ctx.clock.advance(minutes * 60_000)
        self.token = self.office.token()
        self.scheduled("sweep_due")
        self.work()
        self.scheduled("sweep_due")
        self.work()


def send_and_fetch(room: Newsroom) -> str:
    """A transfer that is held, released, fetched, changed, reminded of and destroyed."""
    made = room.create(FILES, hold_minutes=1, expires_in_minutes=300, title="お見積り").body
    assert room.send_files(made, FILES).status == 200
    assert room.call("POST", f"/v1/transfers/{made['id']}/complete", {}).status == 202
    room.work()
    room.fresh(2)
    link = room.office.mailed("recipient.invited.v1")["url"].partition("#")[2]
    asked = room.office.call("POST", "/v1/links/challenge", {"token": link}).body
    wrong = {"token": link, "challenge": asked["challenge"], "code": "00000000"}
    assert room.office.call("POST", "/v1/links/verify", wrong).status == 401
    guest = room.office.guest(link)["access_token"]
    downloads = f"/v1/transfers/{made['id']}/downloads"
    begun = room.call("POST", downloads, {}, token=guest).body
    session = begun["session"]
    wanted = {"files": [one["id"] for one in begun["files"]]}
    opened = room.call("POST", f"{downloads}/{session}/addresses", wanted, token=guest)
    assert opened.status == 201, opened.body
    fetch_began(room.office.ctx, opened.body["url"].rpartition("/")[2])
    done = room.call("POST", f"{downloads}/{session}/complete", {}, token=guest)
    assert done.status < 300, done.body
    assert room.office.call("POST", "/v1/links/more-time", {"token": link}).status == 202
    stranger = {"token": link, "address": "jiro@example.com"}
    assert room.office.call("POST", "/v1/links/add-me", stranger).status == 202
    etag = room.call("GET", f"/v1/transfers/{made['id']}").headers["etag"]
    later = rfc3339(room.office.ctx.clock.now + 400 * 60_000)
    change = {"expires_at": later, "add_recipients": [{"email": "naka@example.com"}]}
    changed = room.call("PATCH", f"/v1/transfers/{made['id']}", change, headers={"if-match": etag})
    assert changed.status == 200, changed.body
    room.work()
    room.fresh(300)
    room.fresh(200)
    return str(made["id"])


def ask_for_files(room: Newsroom) -> None:
    """A request to many people, one of whom answers, and its end."""
    many = [{"email": f"guest{n}@example.com"} for n in range(60)]
    asked = room.call("POST", "/v1/requests", {"title": "書類", "recipients": many})
    assert asked.status == 201, asked.body
    room.work()
    url = room.office.mailed("request.created.v1")["mails"][0]["url"]
    guest = room.office.guest(url.partition("#")[2])["access_token"]
    made = room.call("POST", "/v1/transfers", {"files": [{"name": "返信.txt", "size": 5}]}, token=guest).body
    assert room.send_files(made, {"返信.txt": b"hello"}, token=guest).status == 200
    assert room.call("POST", f"/v1/transfers/{made['id']}/complete", {}, token=guest).status == 202
    room.work()
    assert room.call("DELETE", f"/v1/requests/{asked.body['id']}").status < 300


def administer(room: Newsroom) -> None:
    """Members, tokens, sessions and settings come and go."""
    wrong = {"email": ADMIN, "password": "wrong", "client": "cli"}
    assert room.office.call("POST", "/v1/login", wrong).status == 401
    member = room.admin("POST", "/v1/members", {"email": "taro@acme.example", "name": "Taro", "roles": ["member"]}).body
    accept = {"token": member["invitation_token"], "password": PASSWORD}
    assert room.office.call("POST", "/v1/members/accept", accept).status == 204
    room.admin("DELETE", f"/v1/members/{member['id']}")
    key = room.admin("POST", "/v1/keys", {"name": "script", "scopes": ["transfers:read"]}).body
    room.admin("DELETE", f"/v1/keys/{key['id']}")
    etag = room.admin("GET", "/v1/tenant").headers["etag"]
    room.admin("PATCH", "/v1/tenant", {"hold_minutes": 7}, headers={"if-match": etag})
    other = room.office.login()
    room.office.call("POST", "/v1/logout", token=other["access_token"])
