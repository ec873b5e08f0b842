import json
import time
from pathlib import Path
from typing import Any

import pytest
from fumibako import account
from fumibako.credentials import Credentials, SignInFile, keep_link_key, kept_link_key, load
from fumibako.driving import run
from fumibako.errors import NetworkFailed, NotAllowed, UsageError
from fumibako.http import Api, open_pool

TRANSFER = "tr_01j9zk3v0x7q8m2n4p5r6s7t8v"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FUMIBAKO_URL", "FUMIBAKO_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path))
    return tmp_path


def test_a_file_gives_back_what_was_written_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    kept = SignInFile(tmp_path / "a" / "s.json", {"subject": "tr_1"})
    kept.write(Credentials("https://h", "t", 5.0, "r"))
    again = SignInFile(kept.path)
    assert again.read() == Credentials("https://h", "t", 5.0, "r")
    assert again.beside == {"subject": "tr_1"}
    assert kept.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"url": "x"}', '{"nothing": 1}'])
def test_a_damaged_file_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "s.json").write_text(content)
    assert SignInFile(tmp_path / "s.json").read() is None


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotAllowed):
        load()
    monkeypatch.setenv("FUMIBAKO_TOKEN", "t")
    with pytest.raises(UsageError):
        load()
    monkeypatch.setenv("FUMIBAKO_URL", "https://h/")
    credentials, kept = load()
    assert (credentials.url, credentials.access_token, kept) == ("https://h", "t", None)


def test_link_keys_are_kept_by_transfer() -> None:
    assert kept_link_key(TRANSFER) is None
    keep_link_key(TRANSFER, "K" * 43)
    assert kept_link_key(TRANSFER) == "K" * 43


@pytest.mark.parametrize(
    "given", ["", "tr_1", "tr_../../../../etc/passwd", "../escaped", f"{TRANSFER}/x", f"{TRANSFER}\n"]
)
def test_an_id_that_a_server_made_up_names_no_file(given: str) -> None:
    with pytest.raises(NetworkFailed, match="not Fumibako"):
        keep_link_key(given, "K" * 43)


def test_a_sign_in_that_another_command_renewed_is_taken_and_not_renewed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    async def ask_open(*words: Any) -> None:
        asked.append(words)

    monkeypatch.setattr(account, "ask_open", ask_open)
    kept = SignInFile(tmp_path / "s.json")
    kept.write(Credentials("https://h", "new", time.time() + 900, "r2"))
    api = Api(Credentials("https://h", "old", 0.0, "r1"), open_pool(), kept=kept)
    assert run(api.account.token()) == "new"
    assert asked == []


def test_what_is_renewed_is_kept_for_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"access_token": "new", "expires_in": 900, "refresh_token": "r2"}

    async def ask_open(*_: Any) -> dict[str, Any]:
        return answer

    monkeypatch.setattr(account, "ask_open", ask_open)
    kept = SignInFile(tmp_path / "s.json", {"subject": "tr_1"})
    kept.write(Credentials("https://h", "old", 0.0, "r1"))
    api = Api(Credentials("https://h", "old", 0.0, "r1"), open_pool(), kept=kept)
    assert run(api.account.token()) == "new"
    found = json.loads(kept.path.read_text())
    assert (found["access_token"], found["refresh_token"], found["subject"]) == ("new", "r2", "tr_1")
