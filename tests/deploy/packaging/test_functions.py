"""The table of functions and the apps say the same: which there are, what calls them, by which name Lambda finds them."""

import importlib.util
import sys
from typing import Any

import pytest
from chalice.app import DynamoDBEventConfig, ScheduledEventConfig, SQSEventConfig

from deploy.names import CONSUMERS, FUNCTIONS, SERVICES
from deploy.packaging.functions import all_functions, functions_of
from deploy.packaging.staging import ROOT

KINDS = {"queue": SQSEventConfig, "stream": DynamoDBEventConfig, "schedule": ScheduledEventConfig}


def module_of(service: str) -> Any:
    """The service's app.py as Lambda imports it."""
    path = ROOT / "services" / service / "app.py"
    spec = importlib.util.spec_from_file_location(f"packaged_{service}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_function_of_an_app_is_in_the_table_and_calls_what_it_says(service: str) -> None:
    module = module_of(service)
    app = module.app
    sources = {one.name: type(one) for one in app.event_sources}
    for function in functions_of(service):
        handler = getattr(module, function.handler.removeprefix("app."))
        assert callable(handler)
        if function.kind in KINDS:
            assert sources.pop(function.name) is KINDS[function.kind]
    assert sources == {}


def test_a_consumer_has_a_queue_function_and_nobody_else_has() -> None:
    assert {one.service for one in all_functions() if one.kind == "queue"} == set(CONSUMERS)


def test_logical_ids_are_chalices_and_unique() -> None:
    for service in SERVICES:
        ids = [one.logical_id for one in functions_of(service)]
        assert len(set(ids)) == len(ids)
        assert ids[:2] == ["APIHandler", "SignedIn"]


def test_limits_fit_what_calls() -> None:
    """API Gateway gives up after 29 s, and a schedule's next run must not wait for ever."""
    for one in all_functions():
        assert 0 < one.timeout_seconds <= {"api": 29, "authorizer": 29}.get(one.kind, 900), one
        assert one.memory_mb >= 512


def test_the_table_is_complete() -> None:
    assert [(one.service, one.name) for one in all_functions()] == [
        (service, name) for service in FUNCTIONS for name in FUNCTIONS[service]
    ]
