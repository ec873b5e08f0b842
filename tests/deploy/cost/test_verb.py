"""`python -m deploy cost`: a table for people, JSON for programs, refusals with a next step."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.__main__ import main
from deploy.cost.sizes import bytes_of
from deploy.errors import Refused


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["cost", "--json", *arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_table_names_every_kind_and_what_was_not_looked_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost"]) == 0
    said = capsys.readouterr().out
    for words in (
        "1,000 transfers of 100,000,000 bytes",
        "scanner",
        "with egress",
        "prod",
        "silo",
        "dev asleep",
        "not looked up",
    ):
        assert words in said


def test_json_holds_lines_groups_and_sums(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys)
    month = found["month"]
    assert sum(one["usd"] for one in month["lines"]) == pytest.approx(month["usd_with_egress"], abs=0.001)
    assert sum(month["groups"].values()) == pytest.approx(month["usd_with_egress"], abs=0.001)
    assert month["usd"] < found["transfer_family_web_app"]["usd"]
    assert set(found["not_seen"]) >= {"sns-message"}


def test_twice_the_transfers_cost_more_but_not_twice_as_much(capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (told(capsys, "--transfers", str(count))["month"] for count in (1_000, 2_000))
    assert one["usd"] < two["usd"] < 2 * one["usd"]
    assert two["groups"]["records"] == pytest.approx(2 * one["groups"]["records"], abs=0.0001)


def test_idle_alone(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "--idle")
    assert "month" not in found
    assert found["idle"]["dev asleep"]["usd"] < found["idle"]["dev"]["usd"]
    assert main(["cost", "--idle"]) == 0
    assert "egress" not in capsys.readouterr().out


def test_idle_of_an_assembly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    key = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}, "Other": {"Type": "AWS::KMS::Key"}}}
    (folder / "keys.template.json").write_text(json.dumps(key))
    assert told(capsys, "--idle", "--assembly", str(folder))["idle"]["mine"]["usd"] == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--size", "much"], "size_wrong"),
        (["--size", "0MB"], "size_wrong"),
        (["--transfers", "0"], "transfers_wrong"),
        (["--operations", "none.json"], "recording_missing"),
        (["--prices", "none.toml"], "prices_missing"),
        (["--assembly", "none"], "assembly_missing"),
    ],
)
def test_refusals_say_what_to_do(
    arguments: list[str],
    code: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["cost", *arguments]) == 2
    said = capsys.readouterr()
    assert f"[{code}]" in said.err
    assert "next: " in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("text", "size"), [("1", 1), ("100MB", 100_000_000), ("2GiB", 2 << 30), ("5 kB", 5_000), ("1TB", 10**12)]
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "1.5GB", "1 PB", "1\n"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(Refused):
        bytes_of(text)
