"""Sealed transfers, and passphrases as proof: what the server never has."""

import os
import re
from pathlib import Path

import pytest

from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone

__all__ = ["company"]
pytestmark = pytest.mark.slow
GREETING = r"From .+"


def test_the_key_travels_in_the_sender_s_own_links_alone(company: Company, tmp_path: Path) -> None:
    secret = tmp_path / "合併計画.txt"
    secret.write_text("The merger is off.\n")
    staff, guest, address = company.staff(tmp_path), company.outsider(tmp_path), someone()
    sent = staff.json("send", str(secret), "--seal", "--to", address, "--hold", "0", "--proof", "link")
    mailed = company.link_for(address)
    assert sent["link_key"] not in mailed
    refused(guest.attempt("get", mailed, "-o", str(tmp_path / "a")), 3, "key_missing", GREETING)
    wrong = ("get", mailed, "-o", str(tmp_path / "b"), "--key")
    refused(guest.attempt(*wrong, "A" * 43), 3, "key_wrong", GREETING, "These files .+")
    refused(guest.attempt(*wrong, "not a key"), 3, "key_wrong", GREETING, "These files .+")
    match = re.search(r"(?m)^link +(\S+)$", staff.run("show", sent["id"], "--links"))
    assert match is not None
    assert match[1].endswith("." + sent["link_key"])
    [got] = guest.json("get", match[1], "-o", str(tmp_path / "in"))["files"]
    assert Path(got["path"]).name == secret.name
    assert Path(got["path"]).read_text() == secret.read_text()
    # The sender opens it with the key that was kept, the guest with the mailed link and the key apart.
    assert staff.json("get", sent["id"], "-o", str(tmp_path / "own"))["files"][0]["sha256"] == got["sha256"]
    other = guest.json("get", mailed, "--key", sent["link_key"], "-o", str(tmp_path / "other"))
    assert other["files"][0]["sha256"] == got["sha256"]


def test_neither_key_nor_name_nor_content_reaches_the_server(company: Company, tmp_path: Path) -> None:
    marker = os.urandom(16).hex()
    secret = tmp_path / f"{marker}.txt"
    secret.write_text(f"canary {marker}\n" * 100)
    sent = company.staff(tmp_path).json("send", str(secret), "--seal", "--to", someone(), "--hold", "0")
    key = sent["link_key"].encode()
    for path in [p for p in company.folder.rglob("*") if p.is_file() and "people" not in p.parts]:
        content = path.read_bytes()
        assert key not in content, path
        assert marker.encode() not in content, path


def test_on_another_computer_the_links_come_without_the_key_and_say_so(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    sent = company.staff(tmp_path).json("send", str(tmp_path / "f"), "--seal", "--to", someone(), "--hold", "0")
    elsewhere = company.staff(tmp_path / "elsewhere")
    shown = elsewhere.attempt("show", sent["id"], "--links")
    assert sent["link_key"] not in shown.stdout
    assert "not on this computer" in shown.stderr


def test_a_server_that_denies_the_seal_is_not_believed(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f"))
    ended = company.outsider(tmp_path).attempt("get", f"{link}.{'A' * 43}", "-o", str(tmp_path / "in"))
    refused(ended, 6, "class_differs", GREETING)


@pytest.mark.parametrize("sealing", [(), ("--seal",)])
def test_a_passphrase_that_was_told_by_phone(company: Company, tmp_path: Path, sealing: tuple[str, ...]) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("for your eyes\n")
    (tmp_path / "right").write_text("蛍の光　窓の雪\n")
    (tmp_path / "wrong").write_text("open sesame\n")
    staff, guest, address = company.staff(tmp_path), company.outsider(tmp_path), someone()
    how = ("--proof", "passphrase", "--passphrase-file", str(tmp_path / "right"), "--to", address, "--hold", "0")
    staff.run("send", str(letter), *sealing, *how)
    link = company.link_for(address)
    get = ("get", link, "-o", str(tmp_path / "in"), "--passphrase-file")
    refused(guest.attempt(*get, str(tmp_path / "wrong")), 3, "passphrase_wrong")
    # Half-width typing of the same words is the same passphrase.
    (tmp_path / "typed").write_text("蛍の光 窓の雪\n")
    [got] = guest.json(*get, str(tmp_path / "typed"))["files"]
    assert Path(got["path"]).read_text() == letter.read_text()


def test_an_empty_passphrase_is_none(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    (tmp_path / "empty").write_text("\n")
    how = ("--proof", "passphrase", "--passphrase-file", str(tmp_path / "empty"), "--to", someone())
    refused(company.staff(tmp_path).attempt("send", str(tmp_path / "f"), *how), 2, "passphrase_invalid")
