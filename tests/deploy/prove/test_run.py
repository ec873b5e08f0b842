"""Running and reporting: states, next steps, exit codes."""

import json
from dataclasses import replace
from typing import Any

import pytest

from deploy.prove import report
from deploy.prove.ask import NotRun
from deploy.prove.check import Check, Steps, Verdict, judged, unknown, without_faults
from deploy.prove.run import NEEDS_MANAGEMENT, NEEDS_PROBE, Result, one
from tests.deploy.prove.replay import CHECKS, Replay, read, result, trial
from tests.deploy.prove.test_ask import OneClient, _account

ACCOUNT = _account(OneClient("sts"))


def _check(judge: Any = None, ask: Any = None, **more: Any) -> Check:
    return Check(
        id="some-check",
        question="Is it so?",
        step="Make it so.",
        ask=Steps(ask or (lambda account: {}), ()),
        judge=judge or (lambda found, facts: Verdict("proved", "it is")),
        **more,
    )


def _one(check: Check, *, probe: bool = False, management: bool = False) -> Result:
    return one(check, ACCOUNT, ACCOUNT if management else None, probe=probe)


def test_a_proof_has_no_next_step() -> None:
    assert _one(_check()).step == ""


def test_a_failure_says_what_to_do() -> None:
    found = _one(_check(lambda found, facts: judged("it is not", holds=False)))
    assert (found.verdict.state, found.step) == ("failed", "Make it so.")


def test_an_answer_that_can_not_be_read_ends_no_run() -> None:
    """A note that somebody wrote by hand: the other checks are still asked."""
    found = _one(_check(lambda found, facts: json.loads("was: nothing")))
    assert found.verdict.state == "not run"
    assert "can't be read" in found.verdict.evidence


def test_a_probe_waits_for_leave() -> None:
    asked: list[object] = []
    check = _check(ask=lambda account: asked.append(account) or {}, probe=True)
    found = _one(check)
    assert (found.verdict, asked) == (unknown(NEEDS_PROBE), [])
    assert "--probe" in found.step
    assert _one(check, probe=True).verdict.state == "proved"


def test_the_management_account_is_asked_where_it_is_named() -> None:
    found = _one(_check(of="management"))
    assert found.verdict == unknown(NEEDS_MANAGEMENT)
    assert "--management-profile" in found.step
    assert _one(_check(of="management"), management=True).verdict.state == "proved"


def test_what_a_stage_does_without_is_not_asked() -> None:
    found = _one(_check(unless=lambda stage: f"{stage.name} has none."))
    assert found.verdict == unknown("trial has none.")


def test_a_refusal_is_not_run_with_its_reason() -> None:
    def refuse(account: object) -> Any:
        raise NotRun("No right to x.")

    found = _one(_check(ask=refuse))
    assert found.verdict == unknown("No right to x.")
    assert "--only" in found.step


@pytest.mark.parametrize("lacking", [KeyError("Table"), IndexError("list index"), StopIteration()])
def test_an_answer_without_its_field_proves_nothing(lacking: Exception) -> None:
    def judge(found: Any, facts: Any) -> Verdict:
        raise lacking

    assert _one(_check(judge)).verdict.state == "not run"


def test_the_trial_stage_has_every_check() -> None:
    assert [name for name, each in sorted(CHECKS.items()) if each.unless(trial())] == []


@pytest.mark.parametrize("setting", ["scanner", "compatible_downloads", "identity_providers"])
def test_a_stage_without_something_is_not_asked_about_it(setting: str) -> None:
    without = trial(**{setting: () if setting == "identity_providers" else False})
    left_out = {name for name, check in CHECKS.items() if check.unless(without)}
    assert left_out, setting
    for name in sorted(left_out):
        with Replay(read(name, "good")):
            assert one(CHECKS[name], replace_stage(without), None, probe=True).verdict.state == "not run"


def replace_stage(stage: Any) -> Any:
    made = _account(OneClient("sts"))
    made.stage = stage
    return made


def test_only_a_few_faults_are_named() -> None:
    assert without_faults([], "whole").evidence == "whole"
    assert without_faults(list("abcdefg"), "").evidence == "a, b, c, d, e and 2 more"


def _results(*states: Any) -> list[Result]:
    return [Result(_check(), Verdict(state, "so"), "" if state == "proved" else "do") for state in states]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("proved", "proved"), 0),
        (("proved", "failed", "not run"), 1),
        (("proved", "not run"), 3),
        (("failed",), 1),
        ((), 0),
    ],
)
def test_exit_codes(states: tuple[str, ...], expected: int) -> None:
    assert report.exit_code(_results(*states)) == expected


def test_counts() -> None:
    assert report.counts(_results("proved", "failed", "not run", "proved")) == "2 proved, 1 failed, 1 not run"


def test_a_block_for_people() -> None:
    proved, failed = _results("proved", "failed")
    assert report.block(proved) == "proved   some-check: Is it so?\n         so"
    assert report.block(failed) == "failed   some-check: Is it so?\n         so\n         next: do"


def test_a_line_for_programs() -> None:
    assert json.loads(report.line(_results("failed")[0])) == {
        "id": "some-check",
        "question": "Is it so?",
        "state": "failed",
        "evidence": "so",
        "next": "do",
    }


@pytest.mark.parametrize(
    ("more", "kind"), [({}, "read"), ({"probe": True}, "probe"), ({"of": "management"}, "management")]
)
def test_a_list_tells_what_kind_a_check_is(more: dict[str, Any], kind: str) -> None:
    check = replace(_check(), **more)
    assert report.listed(check, as_json=False) == f"some-check ({kind}): Is it so?"
    assert json.loads(report.listed(check, as_json=True))["kind"] == kind


def test_evidence_is_short_and_names_no_account_key() -> None:
    for name in sorted(CHECKS):
        found = result(read(name, "good"))
        assert len(found.verdict.evidence) < 200, name
        assert "REDACTED" not in found.verdict.evidence
