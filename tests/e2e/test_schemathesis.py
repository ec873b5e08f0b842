"""Anything that the OpenAPI document allows, and what it does not, sent over HTTP to a started runtime: no 5xx, answers as described.

``SCHEMATHESIS_EXAMPLES`` is the number of requests for each operation and role: 25 unless it says otherwise, 200 before a release.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from requests import Session
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi import checks

from tests.service.support.crowd import ROLES, Crowd
from tests.service.support.document import joined_document
from tests.service.support.live import live

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "25"))
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=os.environ.get("SCHEMATHESIS_EXAMPLES") is None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
# One request of these may end the session or lock the account of whoever sends it.
SELFISH = ("/logout", "/password", "/totp", "/sessions/{id}", "/device/approve")


@cache
def schema() -> BaseSchema:
    """The joined document, as every runtime serves it."""
    load_all_checks()
    return schemathesis.openapi.from_dict(joined_document())


def operations() -> list[Any]:
    """Every operation of every service."""
    found = [result.ok() for result in schema().get_all_operations()]
    return [pytest.param(one, id=one.label) for one in found]


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """A runtime for this worker with people in it."""
    with live(tmp_path_factory.mktemp("live")) as runtime:
        yield Crowd(runtime)


@pytest.fixture
def own_crowd(tmp_path: Path) -> Iterator[Crowd]:
    """A runtime for one test: an admin who follows links may well remove the first admin."""
    with live(tmp_path) as runtime:
        yield Crowd(runtime)


def cases(operation: APIOperation) -> st.SearchStrategy[Any]:
    """What fits the document, and what does not, where anything could be wrong at all."""
    fitting = operation.as_strategy(GenerationMode.POSITIVE)
    if not (operation.body or operation.query or operation.path_parameters or operation.headers):
        return fitting
    return fitting | operation.as_strategy(GenerationMode.NEGATIVE)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", operations())
def test_every_answer_is_as_described(crowd: Crowd, operation: APIOperation, role: str) -> None:
    path = operation.path
    token = crowd.token(role, path, fresh=path.endswith(SELFISH))
    real = {one.name: crowd.ids(one.name, path, operation.method.upper()) for one in operation.path_parameters}
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    with Session() as session:

        @PROFILE
        @given(
            case=cases(operation),
            places=st.fixed_dictionaries({n: st.sampled_from([None, *ids]) for n, ids in real.items()}),
        )
        def ask(case: Any, places: dict[str, str | None]) -> None:
            known = {name: place for name, place in places.items() if place is not None}
            case.path_parameters = {**(case.path_parameters or {}), **known}
            case.call_and_validate(base_url=crowd.live.base, session=session, headers=headers, checks=CHECKS)

        ask()


@pytest.mark.parametrize("role", ["admin", "member", "guest"])
def test_what_one_answer_gives_the_next_request_takes(own_crowd: Crowd, role: str) -> None:
    """Sequences along the links between operations: those that the document states, and those that its types imply."""
    token = own_crowd.token(role, "", fresh=True)
    failures: list[Exception] = []
    statuses: list[int] = []

    class Linked(schema().as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": own_crowd.live.base, "headers": {"Authorization": f"Bearer {token}"}}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            statuses.append(response.status_code)
            try:
                case.validate_response(response, checks=CHECKS)
            except Exception as failure:  # noqa: BLE001  # kept: a run that can't be repeated would hide it
                failures.append(failure)

    linked: type[APIStateMachine] = Linked
    scenarios = settings(PROFILE, max_examples=max(5, EXAMPLES // 5), stateful_step_count=8, derandomize=False)
    while len(statuses) < 8 * EXAMPLES and not failures:
        # Which rules are open depends on what the server answered before, which Hypothesis takes for a fault of the test.
        with suppress(Flaky):
            linked.run(settings=scenarios)
    if failures:
        raise ExceptionGroup("answers that are not as described", failures)
    assert any(status < 300 for status in statuses)
