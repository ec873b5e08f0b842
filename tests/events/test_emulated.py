"""The events of `make cloud`, through the real apps; and what they and AWS's own samples lack of each other, field by field.

A service that leaned on what only one of the two has would work in the box and not in an account, or the other way round.
"""

import json
from typing import Any

import pytest

from chalicelib.domain.event_json import event_to_json
from deploy.box.recording import EVENTS
from deploy.box.shapes import paths_of
from tests.contract.samples import event as sample
from tests.events.samples import LambdaContext, emulated, handler, recorded
from tests.events.test_events import CONSUMERS, SCHEDULES, Streaming, _quiet
from tests.service.auth.office import HOST, Office, service_app

# Which headers there are, and in which case, is the client's and the front's; services look them up in either case.
HEADERS = ("headers.", "multiValueHeaders.")
# AWS's samples were taken before an authorizer stood in front, ours behind one.
AUTHORIZER = "requestContext.authorizer."
# (AWS's sample has it and the emulator does not, the emulator has it and AWS's sample does not)
DIFFERENCES: dict[str, tuple[set[str], set[str]]] = {
    "api_gateway": (
        {
            "requestContext.domainName",
            "requestContext.domainPrefix",
            "requestContext.identity.accessKey",
            "requestContext.identity.accountId",
            "requestContext.identity.caller",
            "requestContext.identity.cognitoAuthenticationProvider",
            "requestContext.identity.cognitoAuthenticationType",
            "requestContext.identity.cognitoIdentityId",
            "requestContext.identity.cognitoIdentityPoolId",
            "requestContext.identity.principalOrgId",
            "requestContext.identity.user",
            "requestContext.identity.userArn",
        },
        {"version"},
    ),
    "authorizer": (set(), set()),
    "dynamodb_stream": (set(), set()),
    "schedule": (set(), set()),
    "sqs": (set(), set()),
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_what_emulator_and_aws_lack_of_each_other_is_known(name: str) -> None:
    documented, ours = (shape(event) for event in (recorded(name), emulated(name)))
    assert (documented - ours, ours - documented) == DIFFERENCES[name]


def shape(event: dict[str, Any]) -> set[str]:
    """Of several records the first: the samples show several kinds of change."""
    first = {**event, "Records": event["Records"][:1]} if "Records" in event else event
    return {path for path in paths_of(first) if not path.startswith((*HEADERS, AUTHORIZER))}


def test_types_are_aws_s_wherever_both_have_a_value() -> None:
    for name in EVENTS:
        documented, ours = kinds(recorded(name)), kinds(emulated(name))
        both = documented.keys() & ours.keys()
        assert both
        assert {path for path in both if documented[path] != ours[path]} <= NULLS[name], name


# AWS's sample is a request without a resource id; the emulator's has one.
NULLS: dict[str, set[str]] = {name: set() for name in EVENTS} | {"api_gateway": {"requestContext.resourceId"}}


def kinds(value: Any, path: str = "") -> dict[str, str]:
    """Path -> kind of the leaf."""
    if isinstance(value, dict):
        return {key: kind for name, one in value.items() for key, kind in kinds(one, f"{path}.{name}").items()}
    if isinstance(value, list):
        return kinds(value[0], f"{path}[]") if value else {}
    return {path.lstrip("."): type(value).__name__}


def test_a_request_and_its_authorizer_are_answered() -> None:
    office = Office()
    app = office.gateway.app
    asked = emulated("authorizer")
    asked |= {
        "authorizationToken": f"Bearer {office.token()}",
        "methodArn": "arn:aws:execute-api:us-east-1:000000000000:4ad8ff0e/api/GET/v1/me",
    }
    policy = handler(app, "signed_in")(asked, LambdaContext())
    request = emulated("api_gateway")
    # The emulator hands over exactly what the authorizer gave, and who it is about.
    assert request["requestContext"]["authorizer"].keys() == {*policy["context"], "principalId"}
    request["requestContext"]["authorizer"] = {**policy["context"], "principalId": policy["principalId"]}
    request["requestContext"]["identity"]["sourceIp"] = "127.0.0.1"
    request["headers"]["host"], request["multiValueHeaders"]["host"] = HOST, [HOST]
    answer = app(request, LambdaContext())
    assert answer["statusCode"] == 200, answer
    assert json.loads(answer["body"])["tenant"]["id"] == "acme"


def test_an_authorizer_turns_a_scrubbed_token_away() -> None:
    with pytest.raises(Exception, match=r"\AUnauthorized\Z"):
        handler(Office().gateway.app, "signed_in")(emulated("authorizer"), LambdaContext())


@pytest.mark.parametrize("service", CONSUMERS)
def test_a_consumer_does_what_it_can_read_and_gives_the_rest_back(service: str) -> None:
    app = service_app(service, Office().ctx)
    batch = emulated("sqs")
    (message,) = batch["Records"]
    known = {**message, "messageId": "good", "body": event_to_json(_quiet())}
    batch["Records"] = [known, {**message, "messageId": "bad"}]
    assert handler(app, "on_events")(batch, LambdaContext()) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_the_relay_sends_what_the_stream_tells_it() -> None:
    ctx = Streaming()
    batch = emulated("dynamodb_stream")
    (change,) = batch["Records"]
    row = sample(1)
    change["dynamodb"]["NewImage"] |= {"sk": {"S": row.id}, "b": {"S": event_to_json(row)}, "v": {"N": "1"}}
    change["dynamodb"]["SequenceNumber"] = "100"
    assert handler(service_app("transfers", ctx), "relay_outbox")(batch, LambdaContext()) == {"batchItemFailures": []}
    assert ctx.sent == [row.id]


@pytest.mark.parametrize(("service", "name"), SCHEDULES)
def test_every_schedule_runs(service: str, name: str) -> None:
    assert handler(service_app(service, Office().ctx), name)(emulated("schedule"), LambdaContext()) is None
