"""What makes a run a failure: each fault is planted into the report of a good run, and named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deploy import names
from deploy.box.standing import KINDS
from deploy.box.verdict import faults
from deploy.packaging.functions import functions_of
from deploy.stage import load_stage

STAGE = load_stage("box")
SWEEP = "fumibako-transfers-box-sweep_due"
READER = "fumibako-notifications-box-on_events"
RELAY = "fumibako-transfers-box-relay_outbox"
LOGIN = "fumibako-auth-box-signed_in"


def good() -> dict[str, Any]:
    """As a run writes it, of the parts that are judged."""
    invoked = {
        names.function(STAGE, service, one.name): {one.kind: 3}
        for service in names.SERVICES
        for one in functions_of(service)
    }
    templates = {
        service: {
            "template_sha256": f"template of {service}",
            "deployed_template_sha256": f"template of {service}",
            "zip_sha256": f"zip of {service}",
            "deployed_zip_sha256": {
                names.function(STAGE, service, one): f"zip of {service}" for one in names.FUNCTIONS[service]
            },
        }
        for service in names.SERVICES
    }
    removed = {
        "stood_before_removal": {kind: ["one"] for kind in KINDS},
        "left_after_removal": {kind: [] for kind in KINDS},
    }
    return {"invocations": invoked, "templates": templates, "deployed_anew": removed}


def test_a_good_run_has_no_fault() -> None:
    assert faults(STAGE, good()) == []


def broken(change: Callable[[dict[str, Any]], object]) -> list[str]:
    report = copy.deepcopy(good())
    change(report)
    return faults(STAGE, report)


def forgotten(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda report: report["invocations"].pop(name)


def by_hand(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda report: report["invocations"].update({name: {"other": 5}})


@pytest.mark.parametrize("name", [LOGIN, READER, RELAY, SWEEP])
def test_a_function_that_was_never_called_is_named(name: str) -> None:
    assert broken(forgotten(name)) == [f"never invoked: {name}"]


@pytest.mark.parametrize(
    ("name", "source"), [(LOGIN, "authorizer"), (READER, "queue"), (RELAY, "stream"), (SWEEP, "schedule")]
)
def test_a_call_from_elsewhere_is_not_that_of_its_source(name: str, source: str) -> None:
    assert broken(by_hand(name)) == [f"never called by its {source}: {name}"]


def test_a_changed_template_is_named() -> None:
    found = broken(lambda report: report["templates"]["auth"].update(deployed_template_sha256="other"))
    assert found == ["the deployed template of auth is not the packaged one"]


def test_a_changed_zip_is_named_with_its_function() -> None:
    found = broken(lambda report: report["templates"]["transfers"]["deployed_zip_sha256"].update({SWEEP: "other"}))
    assert found == [f"the code of {SWEEP} is not the packaged zip"]


def test_a_service_that_nobody_looked_at_is_named() -> None:
    found = broken(lambda report: report["templates"].pop("reporting"))
    assert found == ["no deployed template was looked at of: reporting"]


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_left_after_removal_is_named(kind: str) -> None:
    found = broken(lambda report: report["deployed_anew"]["left_after_removal"].update({kind: ["one", "two"]}))
    assert found == [f"still there after the services' stacks were deleted: {kind}: one, two"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_look_that_saw_nothing_before_is_no_look(kind: str) -> None:
    found = broken(lambda report: report["deployed_anew"]["stood_before_removal"].update({kind: []}))
    assert found == [f"none were seen before the services' stacks were deleted: {kind}"]


def test_every_fault_is_told_and_not_the_first_alone() -> None:
    def change(report: dict[str, Any]) -> None:
        forgotten(SWEEP)(report)
        report["templates"].pop("auth")
        report["deployed_anew"]["left_after_removal"]["roles"] = ["one"]

    assert len(broken(change)) == 3
