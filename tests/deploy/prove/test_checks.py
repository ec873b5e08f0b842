"""Each check proves a good recorded account and fails every broken one; refused, it was not run."""

import pytest

from tests.deploy.prove.replay import ANSWERS, CHECKS, Recording, read, recordings, result

IDS = sorted(CHECKS)
ALL = [(check, path.stem) for check in IDS for path in sorted((ANSWERS / check).glob("*.json"))]
GOOD = [(check, name) for check, name in ALL if name == "good"]
BROKEN = [(check, name) for check, name in ALL if name.startswith("broken-")]
UNSEEN = [(check, name) for check, name in ALL if name.startswith("unseen-")]


def _told(recording: Recording) -> tuple[str, str]:
    found = result(recording)
    assert found.verdict.evidence
    assert (found.step == "") == (found.verdict.state == "proved")
    return found.verdict.state, found.verdict.evidence


def test_every_check_has_good_and_broken_answers_and_nothing_else() -> None:
    assert sorted(path.name for path in ANSWERS.iterdir()) == IDS
    for check in IDS:
        names = [recording.name for recording in recordings(check)]
        assert "good" in names, check
        assert any(name.startswith("broken-") for name in names), check
    assert len(GOOD) + len(BROKEN) + len(UNSEEN) == len(ALL)


@pytest.mark.parametrize(("check", "name"), GOOD)
def test_good_answers_are_proof(check: str, name: str) -> None:
    state, evidence = _told(read(check, name))
    assert state == "proved", evidence


@pytest.mark.parametrize(("check", "name"), BROKEN)
def test_broken_answers_fail(check: str, name: str) -> None:
    state, evidence = _told(read(check, name))
    assert state == "failed", evidence


@pytest.mark.parametrize(("check", "name"), UNSEEN)
def test_what_never_happened_is_not_run(check: str, name: str) -> None:
    state, evidence = _told(read(check, name))
    assert state == "not run", evidence


@pytest.mark.parametrize("check", IDS)
@pytest.mark.parametrize("code", ["AccessDenied", "ResourceNotFoundException", "ThrottlingException"])
def test_a_check_that_is_refused_was_not_run(check: str, code: str) -> None:
    found = result(read(check, "good"), refuse=code)
    assert found.verdict.state == "not run", found.verdict
    assert found.step


@pytest.mark.parametrize("check", IDS)
def test_a_check_asks_what_it_declares_and_nothing_else(check: str) -> None:
    asked = set().union(*(recording.operations for recording in recordings(check)))
    assert asked == set(CHECKS[check].ask.calls)


def test_recorded_answers_hold_no_secret() -> None:
    for path in sorted(ANSWERS.rglob("*.json")):
        text = path.read_text("utf-8")
        assert not [secret for secret in ("ASIA", "AKIA", "sourceIPAddress", "userIdentity") if secret in text], path
