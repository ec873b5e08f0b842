from dataclasses import replace
from typing import get_args

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import MINUTE, Rule
from chalicelib.domain.transfer import Reason, Scan, State, Transfer, TransferClass
from chalicelib.domain.verdicts import Decision, after_check, decide, decision_of_rule, held, hold_over, overall_scan
from chalicelib.ports.scanner import VerdictKind

NOW = 1_767_225_600_000


def checking(**fields: object) -> Transfer:
    made = Transfer(
        id="tr_01kdv0000000000000000000a1",
        tenant="acme",  # type: ignore[arg-type]
        version=3,
        state=State.CHECKING,
        transfer_class=TransferClass.MANAGED,
        owner="mb_01kdv0000000000000000000a1",
        sender_name="Hanako",
        sender_address="hanako@acme.example",
        company="ACME",
        created_at=NOW,
        expires_at=NOW + 7 * 24 * 60 * MINUTE,
        proof="code",
        language="ja",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kinds", "scan"),
    [
        ([], Scan.NOT_SCANNED),
        (["clean"], Scan.CLEAN),
        (["clean", "not_scanned"], Scan.NOT_SCANNED),
        (["not_scanned", "unscannable", "clean"], Scan.UNSCANNABLE),
        (["too_large"], Scan.UNSCANNABLE),
        (["too_large", "infected", "not_scanned"], Scan.INFECTED),
    ],
)
def test_the_worst_verdict_is_the_scan_of_all(kinds: list[str], scan: Scan) -> None:
    assert overall_scan(kinds) is scan


def test_every_verdict_of_the_scanner_is_known() -> None:
    assert all(overall_scan([kind]) for kind in get_args(VerdictKind))
    with pytest.raises(KeyError):
        overall_scan(["fine"])


@pytest.mark.parametrize(("rule", "decision"), [("allow", "release"), ("approve", "approve"), ("block", "block")])
def test_a_rule_decides_where_nothing_was_found(rule: Rule, decision: Decision) -> None:
    assert decision_of_rule(rule) == decision
    assert decide(Scan.CLEAN, rule, sound=True) == decision


def test_malware_closes_whatever_the_rule_and_broken_files_are_blocked() -> None:
    assert decide(Scan.INFECTED, "allow", sound=True) == "infected"
    assert decide(Scan.INFECTED, "allow", sound=False) == "infected"
    assert decide(Scan.UNSCANNABLE, "allow", sound=False) == "block"


@pytest.mark.parametrize(
    ("decision", "state", "reason"),
    [
        ("infected", State.CLOSED, Reason.INFECTED),
        ("block", State.BLOCKED, None),
        ("approve", State.AWAITING_APPROVAL, None),
        ("release", State.READY, None),
    ],
)
def test_a_decision_is_a_state(decision: Decision, state: State, reason: Reason | None) -> None:
    after = after_check(checking(), Scan.UNSCANNABLE, decision, now=NOW)
    assert (after.state, after.reason, after.scan) == (state, reason, Scan.UNSCANNABLE)


def test_only_what_is_being_checked_can_be_decided() -> None:
    for decision in get_args(Decision):
        with pytest.raises(Refused, match="state_wrong"):
            after_check(checking(state=State.UPLOADING), Scan.CLEAN, decision, now=NOW)


def test_a_hold_lasts_its_minutes_or_until_the_time_to_send() -> None:
    waiting = held(checking(hold_minutes=5), now=NOW)
    assert (waiting.state, waiting.hold_until, waiting.ready_at) == (State.HELD, NOW + 5 * MINUTE, None)
    later = held(checking(hold_minutes=5, send_at=NOW + 6 * MINUTE), now=NOW)
    assert later.hold_until == NOW + 6 * MINUTE
    sooner = held(checking(hold_minutes=5, send_at=NOW + 4 * MINUTE), now=NOW)
    assert sooner.hold_until == NOW + 5 * MINUTE


def test_without_a_hold_it_is_ready_at_once() -> None:
    at_once = held(checking(send_at=NOW), now=NOW)
    assert (at_once.state, at_once.ready_at, at_once.hold_until) == (State.READY, NOW, NOW)
    assert held(checking(send_at=NOW + 1), now=NOW).state is State.HELD


def test_a_hold_is_over_at_its_very_moment() -> None:
    waiting = checking(state=State.HELD, hold_until=NOW)
    assert hold_over(waiting, now=NOW)
    assert not hold_over(waiting, now=NOW - 1)
    assert hold_over(replace(waiting, hold_until=None), now=0)
    assert not hold_over(replace(waiting, state=State.READY), now=NOW)
