"""A recorded check once more: real boto3 clients whose answers come from a file.

botocore's Stubber holds both sides against the service's model: a parameter or a field of an answer that AWS does not know fails the test.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import boto3
from botocore import xform_name
from botocore.stub import Stubber

from deploy.prove.ask import Account
from deploy.prove.check import Check
from deploy.prove.checks import all_checks
from deploy.prove.run import Result, one
from deploy.stage import Stage, stage_of

ANSWERS = Path(__file__).resolve().parent / "answers"
CHECKS = {check.id: check for check in all_checks()}
CONCURRENCY = {
    "auth": {"api_handler": 20, "signed_in": 20},
    "notifications": {"api_handler": 5, "signed_in": 5, "on_events": 10},
    "reporting": {
        "api_handler": 5,
        "signed_in": 5,
        "on_events": 5,
        "form_audit_blocks": 1,
        "sign_audit_roots": 1,
    },
    "transfers": {
        "api_handler": 50,
        "signed_in": 20,
        "on_events": 10,
        "relay_outbox": 10,
        "sweep_due": 1,
        "issue_certificate_batches": 1,
        "resend_unsent": 1,
        "purge_records": 1,
    },
}


def trial(**other: Any) -> Stage:
    """The stage that the recordings are of; it is no file of deploy/stages."""
    made = stage_of(
        "trial",
        {
            "account": "111122223333",
            "region": "ap-northeast-1",
            "availability_zones": ["ap-northeast-1a", "ap-northeast-1c"],
            "domain": "trial.example",
            "page_host": "files.trial.example",
            "api_host": "api.trial.example",
            "tenant_hosts": ["files.tenant.example"],
            "mail_sender": "no-reply@trial.example",
            "alarm_address": "operators@trial.example",
            "delivery": "pooled",
            "edge_prefix_list": "pl-58a04531",
            "log_days": 30,
            "reserved_concurrency": CONCURRENCY,
            "identity_providers": [
                {
                    "name": "Example-SAML",
                    "kind": "saml",
                    "domains": ["trial.example"],
                    "metadata_url": "https://login.trial.example/metadata.xml",
                }
            ],
        },
    )
    return replace(made, **other)


@dataclass(frozen=True)
class Recording:
    """One file of answers."""

    check: Check
    name: str
    now: datetime
    ticks: tuple[float, ...]
    calls: tuple[Mapping[str, Any], ...]

    @property
    def operations(self) -> set[str]:
        return {each["operation"] for each in self.calls}


def recordings(check: str) -> Iterator[Recording]:
    for path in sorted((ANSWERS / check).glob("*.json")):
        yield read(check, path.stem)


def read(check: str, name: str) -> Recording:
    raw = json.loads((ANSWERS / check / f"{name}.json").read_text("utf-8"))
    return Recording(CHECKS[check], name, datetime.fromisoformat(raw["now"]), tuple(raw["ticks"]), tuple(raw["calls"]))


@lru_cache
def _client(service: str) -> Any:
    return boto3.client(
        service, region_name="ap-northeast-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


class Replay:
    """A source whose clients know one recording. ``refuse``: every call is refused with this code instead."""

    def __init__(self, recording: Recording, *, refuse: str = "") -> None:
        self._refuse = refuse
        self._pages = [each for each in recording.calls if each["operation"] == "https.GET"]
        self._stubs: dict[str, Stubber] = {}
        for each in recording.calls:
            operation = each["operation"].removeprefix("tenant:")
            service, _, name = operation.partition(".")
            if service != "https":
                self._add(service, name, each["parameters"], each["answer"])

    def _add(self, service: str, name: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        client = _client(service)
        stub = self._stubs.setdefault(service, Stubber(client))
        method = xform_name(name)
        model = client.meta.service_model.operation_model(name)
        asked = typed(parameters, model.input_shape)
        error = answer.get("Error", {})
        if self._refuse:
            stub.add_client_error(method, self._refuse)
        elif set(answer) == {"Error"} and "Code" in error:
            stub.add_client_error(method, error["Code"], error.get("Message", ""), expected_params=asked)
        else:
            stub.add_response(method, typed(answer, model.output_shape), asked)

    def client(self, service: str, *, region: str, credentials: Mapping[str, str] | None, tls: bool) -> Any:
        del region, credentials, tls
        return _client(service)

    def fetch(self, url: str) -> Mapping[str, Any]:
        if self._refuse:
            raise ConnectionRefusedError(url)
        page = self._pages.pop(0)
        assert page["parameters"] == {"url": url}
        assert set(page["answer"]) == {"status", "headers"}
        return page["answer"]

    def __enter__(self) -> Self:
        for stub in self._stubs.values():
            stub.activate()
        return self

    def __exit__(self, *raised: object) -> None:
        for stub in self._stubs.values():
            stub.deactivate()

    def assert_all_asked(self) -> None:
        assert not self._pages
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


def result(recording: Recording, *, refuse: str = "", stage: Stage | None = None) -> Result:
    """What the check says of a recording; every recorded call must have been made, unless all are refused."""
    ticks = iter(recording.ticks)
    with Replay(recording, refuse=refuse) as source:
        account = Account(
            stage or trial(), source, now=recording.now, tick=lambda: next(ticks), pause=lambda seconds: None
        )
        found = one(recording.check, account, account, probe=True)
        if not refuse:
            source.assert_all_asked()
    return found


def typed(value: Any, shape: Any) -> Any:
    """JSON as boto3 has it: times and bytes by the service's model."""
    if shape is None:
        return value
    if shape.type_name == "timestamp" and isinstance(value, str):
        return datetime.fromisoformat(value)
    if shape.type_name == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    if shape.type_name == "string" and isinstance(value, dict):
        # boto3 hands IAM's policies over as they are read.
        return json.dumps(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        # What the model does not know stays, so that the Stubber sees it and refuses.
        return {name: typed(each, shape.members.get(name)) for name, each in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [typed(each, shape.member) for each in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {name: typed(each, shape.value) for name, each in value.items()}
    return value
