"""Every kind of event that AWS calls a function with, through the real apps: nothing that only the runtime's own events have may be leaned on."""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.adapters.dynamodb_stream import DynamoDBStreamRelay
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.domain.errors import StoreAway
from chalicelib.domain.event_json import event_to_json
from chalicelib.domain.events import Event
from tests.contract.samples import event as sample
from tests.events.samples import LambdaContext, api_event, handler, recorded
from tests.fakes.context import FakeContext
from tests.service.auth.office import ADMIN, HOST, Office, service_app
from tests.service.transfers.desk import Desk

SCHEDULES = [
    ("reporting", "form_audit_blocks"),
    ("reporting", "sign_audit_roots"),
    ("transfers", "issue_certificate_batches"),
    ("transfers", "purge_records"),
    ("transfers", "resend_unsent"),
    ("transfers", "sweep_due"),
]
CONSUMERS = ["notifications", "reporting", "transfers"]


def called(app: FumibakoApp, event: dict[str, Any]) -> tuple[int, Any, dict[str, Any]]:
    """Status, decoded body and the whole answer, which must be what API Gateway takes."""
    answer = app(event, LambdaContext())
    assert answer.keys() <= {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
    assert all(isinstance(value, str) for value in answer["headers"].values())
    assert isinstance(answer["body"], str)
    json.dumps(answer)
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None, answer


def login(office: Office, **more: Any) -> dict[str, Any]:
    body = json.dumps({"email": ADMIN, "password": office.password, "client": "cli"})
    return api_event("POST", "/v1/login", path="/auth/v1/login", host=HOST, **{"body": body, **more})


def test_a_request_behind_a_custom_domain_s_base_path_is_answered() -> None:
    office = Office()
    status, body, _ = called(office.gateway.app, login(office))
    assert (status, "access_token" in body) == (200, True)


def test_a_body_that_api_gateway_encoded_is_read() -> None:
    office = Office()
    event = login(office)
    event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}
    assert called(office.gateway.app, event)[0] == 200


@pytest.mark.parametrize("what", ["headers", "multiValueHeaders"])
def test_a_request_without_headers_is_a_problem_and_no_crash(what: str) -> None:
    office = Office()
    event = login(office)
    event[what] = None
    status, body, _ = called(office.gateway.app, event)
    assert (status, "code" in (body or {})) == (200, False) if what == "multiValueHeaders" else status < 500


def test_the_authorizer_s_policy_and_context_open_the_route_behind_it() -> None:
    office = Office()
    token = office.token()
    app = office.gateway.app
    event = recorded("authorizer")
    event |= {
        "authorizationToken": f"Bearer {token}",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:id/api/GET/v1/me",
    }
    policy = handler(app, "signed_in")(event, LambdaContext())
    [statement] = policy["policyDocument"]["Statement"]
    assert statement["Effect"] == "Allow"
    assert all(isinstance(value, str) for value in policy["context"].values())
    request = api_event("GET", "/v1/me", path="/auth/v1/me", host=HOST)
    # What API Gateway adds on the way.
    added = {"principalId": policy["principalId"], "integrationLatency": 12}
    request["requestContext"]["authorizer"] = {**policy["context"], **added}
    status, body, _ = called(app, request)
    assert (status, body["tenant"]["id"]) == (200, "acme")


@pytest.mark.parametrize("token", ["allow", "Bearer x", "Bearer acme.x"])
def test_an_authorizer_that_does_not_know_a_token_says_the_one_word_that_api_gateway_makes_401_of(token: str) -> None:
    event = {**recorded("authorizer"), "authorizationToken": token}
    with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
        handler(Office().gateway.app, "signed_in")(event, LambdaContext())


def test_path_parameters_come_decoded_and_in_the_map_alone() -> None:
    desk = Desk()
    made = desk.create({"a.txt": b"one"}).body
    app = desk.gateway.app
    asked = {
        "authorizationToken": f"Bearer {desk.token}",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:id/api/GET/v1/transfers/x",
    }
    policy = handler(app, "signed_in")({**recorded("authorizer"), **asked}, LambdaContext())
    [route] = [one for one in app.routes if re.fullmatch(r"/v1/transfers/\{\w+\}", one)]
    event = api_event("GET", route, path=f"/transfers/v1/transfers/{made['id']}", host=HOST)
    event["pathParameters"] = {route.rpartition("{")[2].rstrip("}"): made["id"]}
    event["requestContext"]["authorizer"] = policy["context"]
    status, body, _ = called(app, event)
    assert (status, body["id"]) == (200, made["id"])


@pytest.mark.parametrize("service", CONSUMERS)
def test_of_a_batch_from_a_queue_only_what_failed_comes_again(service: str) -> None:
    ctx = Office().ctx
    batch = recorded("sqs")
    batch["Records"][0]["body"] = event_to_json(_quiet())
    answer = handler(service_app(service, ctx), "on_events")(batch, LambdaContext())
    assert answer["batchItemFailures"] == [{"itemIdentifier": batch["Records"][1]["messageId"]}]


def _quiet() -> Event:
    """An event of a transfer that is not there any more: everybody passes it by."""
    return Event(
        "ev_01kdvdna01e00a8vep28h60000",
        "transfer.ready.v1",
        "acme",
        "tr_01kdvdna01e00a8vep28h6bcfn",
        3,
        1,
        {"actor": "system"},
    )


@dataclass
class Streaming(FakeContext):
    """A context whose store has a change stream. ``refused``: ids that the topic does not take; ``away``: it takes nothing."""

    refused: frozenset[str] = frozenset()
    away: bool = False
    sent: list[str] = field(default_factory=list)

    @property
    def outbox_relay(self) -> DynamoDBStreamRelay:
        return DynamoDBStreamRelay(self)

    def publish(self, events: Any) -> list[str]:
        if self.away:
            raise StoreAway
        taken = [one.id for one in events if one.id not in self.refused]
        self.sent += taken
        return taken


def stream(*rows: Event) -> dict[str, Any]:
    """The recorded batch; its INSERT is repeated for each row."""
    batch = recorded("dynamodb_stream")
    insert, *others = batch["Records"]
    inserts = []
    for number, row in enumerate(rows):
        change = {**insert["dynamodb"], "SequenceNumber": str(100 + number)}
        change["NewImage"] = {**change["NewImage"], "sk": {"S": row.id}, "b": {"S": event_to_json(row)}}
        inserts.append({**insert, "dynamodb": change})
    return {"Records": [*inserts, *others]}


@pytest.mark.parametrize(
    ("refused", "away", "again"),
    [((), False, []), ((1,), False, ["101"]), ((1, 2), False, ["101", "102"]), ((), True, ["100"])],
)
def test_of_a_stream_s_batch_what_the_topic_did_not_take_comes_again(
    refused: tuple[int, ...], away: bool, again: list[str]
) -> None:
    ctx = Streaming(refused=frozenset(sample(number).id for number in refused), away=away)
    app = service_app("transfers", ctx)
    answer = handler(app, "relay_outbox")(stream(*(sample(number) for number in range(3))), LambdaContext())
    assert answer == {"batchItemFailures": [{"itemIdentifier": position} for position in again]}
    assert ctx.sent == [] if away else [sample(n).id for n in range(3) if n not in refused]


@pytest.mark.parametrize(("service", "name"), SCHEDULES)
def test_every_schedule_runs_on_the_event_of_a_rule(service: str, name: str) -> None:
    ctx = Office().ctx
    assert handler(service_app(service, ctx), name)(recorded("schedule"), LambdaContext()) is None


def test_every_function_of_the_services_is_called_by_one_of_these_events() -> None:
    ctx = Office().ctx
    apps = {service: service_app(service, ctx) for service in ("auth", *CONSUMERS)}
    found = {(service, source.name) for service, app in apps.items() for source in app.event_sources}
    found |= {(service, one.name) for service, app in apps.items() for one in app.builtin_auth_handlers}
    tested = {*SCHEDULES, ("transfers", "relay_outbox"), *((service, "on_events") for service in CONSUMERS)}
    assert found == tested | {(service, "signed_in") for service in apps}
