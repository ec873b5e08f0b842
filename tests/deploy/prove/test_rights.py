"""The policies of the prover: what the checks ask, nothing else, and never content."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.prove import rights
from deploy.prove.checks import all_checks
from deploy.prove.page import POLICIES
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from tests.deploy.prove.replay import CHECKS, recordings

ROOT = Path(__file__).resolve().parents[3]
PROVER = Caller(arn="arn:aws:iam::111122223333:role/fumibako/dev/api/transfers/fumibako-dev-prove")
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _policy(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / f"deploy/prove/{name}.json").read_text("utf-8")))


def _granted(*names: str) -> set[tuple[str, str]]:
    return {
        (action, statement["Resource"])
        for name in names
        for statement in _policy(name)["Statement"]
        for action in statement["Action"]
    }


def _used(*, probe: bool, of: str) -> set[tuple[str, str]]:
    """From what the recorded checks did, not from what they declare."""
    return {
        each
        for check in CHECKS.values()
        if check.of == of and (probe or not check.probe)
        for recording in recordings(check.id)
        for operation in recording.operations
        for each in rights.actions(operation)
    }


@pytest.mark.parametrize("path", sorted(POLICIES))
def test_the_files_are_what_would_be_written(path: str) -> None:
    assert (ROOT / path).read_text("utf-8") == POLICIES[path](), "run `make docs`"


def test_reading_is_what_the_checks_did_and_nothing_else() -> None:
    assert _granted("rights") == _used(probe=False, of="stage")


def test_probes_have_rights_of_their_own() -> None:
    assert _granted("rights", "probe_rights") == _used(probe=True, of="stage")
    assert not _granted("rights") & _granted("probe_rights")
    assert {action for action, _ in _granted("probe_rights")} == {
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyWithoutPlaintext",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObject",
        "sts:AssumeRole",
        "sts:TagSession",
    }


def test_the_management_account_is_read() -> None:
    assert _granted("management_rights") == _used(probe=True, of="management")


@pytest.mark.parametrize("name", ["rights", "management_rights"])
def test_reading_changes_nothing(name: str) -> None:
    begins = ("Describe", "Get", "List", "Lookup", "View", "GET")
    changing = {action for action, _ in _granted(name) if not action.partition(":")[2].startswith(begins)}
    # Logs Insights counts over lines and writes nothing; a registry calls its reads a batch.
    assert changing <= {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "logs:StartQuery"}


def _decided(action: str, resource: str, *, boundary: bool) -> bool:
    policies = Policies(identity=(EVERYTHING,), boundary=(_policy("boundary"),) if boundary else None)
    return decide(Request(PROVER, action, resource), policies).verdict == "allowed"


@pytest.mark.parametrize("action", sorted(rights.CONTENT))
def test_the_boundary_keeps_content_away_from_whoever_may_everything(action: str) -> None:
    asked = action.replace("*", "")
    asked = asked + "Select" if asked.endswith("PartiQL") else asked
    assert _decided(asked, "arn:aws:s3:::anything/at/all", boundary=False)
    assert not _decided(asked, "arn:aws:s3:::anything/at/all", boundary=True)


@pytest.mark.parametrize(
    "action",
    ["dynamodb:DeleteTable", "dynamodb:PutItem", "iam:CreateRole", "kms:ScheduleKeyDeletion", "lambda:GetFunction"],
)
def test_the_boundary_allows_nothing_beyond_the_checks(action: str) -> None:
    assert not _decided(action, "*", boundary=True)


def test_the_boundary_lets_every_check_through() -> None:
    for action, resource in sorted(_granted("rights", "probe_rights", "management_rights")):
        assert _decided(action, resource.replace("*", "x"), boundary=True), action


def test_bytes_are_written_under_the_probes_prefix_alone() -> None:
    places = {resource for action, resource in _granted("probe_rights") if action.startswith("s3:")}
    assert places == {"arn:aws:s3:::fumibako-*-blobs-*/prove*"}


def test_tenants_sessions_and_fetches_need_no_right_of_the_prover() -> None:
    assert rights.actions("tenant:dynamodb.GetItem") == ()
    assert rights.actions("https.GET") == ()


def test_every_check_needs_what_its_statement_says() -> None:
    """Taking any one check away changes some policy, or every right of it is another's too."""
    whole = {action for action, _ in _granted("rights", "probe_rights", "management_rights")}
    named = {action for check in all_checks() for call in check.ask.calls for action, _ in rights.actions(call)}
    assert whole == named
