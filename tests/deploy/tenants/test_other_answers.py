"""What another implementation of IAM's decisions said of the very same cases (cases.py tells how to ask it again)."""

import json
from pathlib import Path

from deploy.tenants.policy.decision import decide
from tests.deploy.tenants.cases import cases

ANSWERS: dict[str, str] = json.loads(Path(__file__).with_name("other_answers.json").read_text("utf-8"))


def test_both_say_the_same_of_every_case() -> None:
    ours = {name: decide(request, policies).verdict for name, request, policies in cases()}
    assert ours.keys() == ANSWERS.keys(), "ask it again: the cases are others than it was asked"
    assert {name: (verdict, ANSWERS[name]) for name, verdict in ours.items() if verdict != ANSWERS[name]} == {}
    assert len(ours) > 800
