"""Least-privilege policies stand in files, one a service, and none of them is wide."""

import json
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parent.parent.parent / "services"
NAMES = sorted(path.parent.name for path in SERVICES.glob("*/app.py"))


def statements(service: str) -> list[dict[str, object]]:
    config = json.loads((SERVICES / service / ".chalice/config.json").read_text("utf-8"))
    stage = config["stages"]["production"]
    assert stage["autogen_policy"] is False
    policy = json.loads((SERVICES / service / ".chalice" / stage["iam_policy_file"]).read_text("utf-8"))
    found: list[dict[str, object]] = policy["Statement"]
    return found


@pytest.mark.parametrize("service", NAMES)
def test_every_statement_names_its_actions_and_resources(service: str) -> None:
    for statement in statements(service):
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in statement["Action"])  # type: ignore[attr-defined]
        for resource in statement["Resource"]:  # type: ignore[attr-defined]
            text = resource["Fn::Sub"]
            assert text.startswith("arn:${AWS::Partition}:")
            # A star may end a name that holds something of ours, or stand for keys chosen by their alias.
            assert "fumibako" in text or "Condition" in statement or ":identity/" in text


def test_only_auth_signs_tokens_and_only_transfers_reaches_bytes_and_wrapped_keys() -> None:
    def may(action: str, mark: str) -> set[str]:
        return {
            name
            for name in NAMES
            for one in statements(name)
            if action in one["Action"] and mark in json.dumps(one)  # type: ignore[operator]
        }

    assert may("kms:Sign", "fumibako-access") == {"auth"}
    assert may("s3:GetObject", "s3:::fumibako") == {"transfers"}
    assert may("dynamodb:GetItem", "fumibako-wrapped-keys") == {"transfers"}
    assert not any("dynamodb:Scan" in json.dumps(statements(name)) for name in NAMES)
