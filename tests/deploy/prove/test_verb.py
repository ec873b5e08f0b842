"""The command: its parser, its refusals, one whole run over recorded accounts, and what it keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.__main__ import main
from deploy.prove import session
from deploy.prove.run import Result
from tests.deploy.prove.replay import CHECKS, Replay, read, trial


def test_a_list_needs_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CHECKS)


def test_a_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", "--list", "--json", "--only", "vault-locked"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "id": "vault-locked",
        "question": CHECKS["vault-locked"].question,
        "kind": "read",
        "calls": ["backup.DescribeBackupVault"],
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--list", "--only", "no-such-check,vault-locked"], "check_unknown"),
        ([], "stage_unnamed"),
        (["--stage", "nowhere"], "stage_unknown"),
    ],
)
def test_refusals(words: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prove", *words]) == 2
    assert f"[{code}]" in capsys.readouterr().err


class Clients:
    """Clients of a recorded account, as account_clients gives them; the sole unreal thing is where the answers come from."""

    def __init__(self, check: str, name: str) -> None:
        self.replay = Replay(read(check, name))

    def __call__(self, service: str, **config: Any) -> Any:
        assert config["region_name"]
        assert config["use_ssl"]
        return self.replay.client(service, region="", credentials=None, tls=True)


def _run(monkeypatch: pytest.MonkeyPatch, check: str, name: str, *words: str) -> int:
    clients = Clients(check, name)
    monkeypatch.setattr(session, "load_stage", lambda stage: trial())
    monkeypatch.setattr(session, "account_clients", lambda stage, profile: clients)
    with clients.replay:
        return main(["prove", "--stage", "trial", "--only", check, *words])


@pytest.mark.parametrize(("name", "expected"), [("good", 0), ("broken-open", 1)])
def test_a_run_says_what_it_found(
    name: str, expected: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "vault-locked", name) == expected
    told = capsys.readouterr()
    assert told.out.startswith("proved   vault-locked" if expected == 0 else "failed   vault-locked")
    assert ("next:" in told.out) == bool(expected)
    assert told.err == f"deploy: {1 - expected} proved, {expected} failed, 0 not run\n"


def test_a_run_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(monkeypatch, "vault-locked", "good", "--json") == 0
    assert json.loads(capsys.readouterr().out)["state"] == "proved"


def test_a_probe_without_leave_asks_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "versions-gone", "good") == 3
    assert "--probe" in capsys.readouterr().out


def test_the_management_account_needs_its_profile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "scps-attached", "good") == 3
    assert "--management-profile" in capsys.readouterr().out


def test_what_was_answered_is_kept_and_can_be_played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _run(monkeypatch, "vault-locked", "good", "--record", str(tmp_path)) == 0
    kept = json.loads((tmp_path / "vault-locked" / "proved.json").read_text("utf-8"))
    assert kept["calls"] == list(read("vault-locked", "good").calls)


def test_each_check_is_recorded_by_itself(tmp_path: Path) -> None:
    checks = [CHECKS["tables-ttl"], CHECKS["vault-locked"]]
    found: list[Result] = []
    for check in checks:
        with Replay(read(check.id, "good")) as source:
            found += session.run(trial(), source, source, [check], probe=False, record=tmp_path)
    assert [one.verdict.state for one in found] == ["proved", "proved"]
    kept = {path.parent.name: json.loads(path.read_text("utf-8")) for path in tmp_path.rglob("*.json")}
    asked = {name: [call["operation"] for call in each["calls"]] for name, each in kept.items()}
    assert asked == {
        "tables-ttl": ["dynamodb.DescribeTimeToLive"] * 2,
        "vault-locked": ["backup.DescribeBackupVault"],
    }


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["prove", "--help"])
    told = capsys.readouterr().out
    page = (Path(__file__).resolve().parents[3] / "docs/cloud/prove.md").read_text("utf-8")
    for option in ("--list", "--stage", "--profile", "--management-profile", "--only", "--probe", "--json", "--record"):
        assert option in told
        assert f"`{option}" in page
