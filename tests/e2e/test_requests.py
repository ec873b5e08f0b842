"""The other way round: a member asks, a guest sends, both hold a signed receipt."""

import hashlib
import os
import re
from pathlib import Path

import pytest

from tests.cli.transcript import expect, refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow


def test_asked_sent_receipted_and_fetched(company: Company, tmp_path: Path) -> None:
    staff, guest, address = company.staff(tmp_path), company.outsider(tmp_path), someone()
    tender = tmp_path / "入札書.pdf"
    tender.write_bytes(os.urandom(2_000_000))
    made = staff.json("request", "create", "Tender documents", "--to", address, "--expires", "14d", "--max-files", "2")
    link = company.link_for(address)
    ended = company.with_code(guest, address, "send", str(tender), "--request", link)
    assert ended.returncode == 0, ended.stderr
    sent = {"id": ended.stdout.strip()}
    assert "receipt" in ended.stderr
    get_receipt = ("certificate", sent["id"], "--request", link, "-o", str(tmp_path / "receipt.json"))
    wait_for(lambda: guest.attempt(*get_receipt).returncode == 0, "the guest's receipt")
    wait_for(lambda: staff.attempt("certificate", sent["id"], "--receipt").returncode == 0, "the member's receipt")
    ended = guest.attempt("verify", str(tmp_path / "receipt.json"), "--root", company.first["root_fingerprint"])
    assert ended.returncode == 0, ended.stderr
    assert "upload-receipt" in ended.stdout or "receipt" in ended.stderr
    received = wait_for(lambda: _received(staff.json("list", "--box", "received", "--limit", "200"), sent["id"]), "it")
    assert received["request"] == made["id"]
    [got] = staff.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
    assert got["sha256"] == hashlib.sha256(tender.read_bytes()).hexdigest()
    assert Path(got["path"]).name == tender.name


def _received(page: dict[str, list[dict[str, object]]], transfer: str) -> dict[str, object] | None:
    return next((one for one in page["items"] if one["id"] == transfer and one["state"] == "ready"), None)


def test_limits_and_the_end_of_a_request(company: Company, tmp_path: Path) -> None:
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    ended = staff.attempt(
        "request", "create", "Photos", "--proof", "link", "--domain", "partner.example", "--max-files", "1"
    )
    if ended.returncode:  # a domain is only shown by a code
        ended = staff.attempt("request", "create", "Photos", "--proof", "link", "--max-files", "1")
    expect(ended, 0, out=r"http\S+/l#acme\.\S+", err=[r"The request is open until .+\."])
    link = ended.stdout.strip()
    both = ("send", str(tmp_path / "a"), str(tmp_path / "b"), "--request", link)
    assert "request_limit" in guest.attempt(*both).stderr
    assert guest.attempt(*both).returncode in (2, 3, 8)
    refused(guest.attempt("send", str(tmp_path / "a"), "--request", link, "--to", someone()), 2, "usage")
    ended = guest.attempt("get", link, "-o", str(tmp_path))
    assert (ended.returncode, "[is_a_request]" in ended.stderr) == (2, True), ended.stderr
    line = next(one for one in staff.run("request", "list").splitlines() if "Photos" in one)
    match = re.match(r"(rq_\w{26})\topen\t", line)
    assert match is not None
    staff.run("request", "close", match[1])
    refused(guest.attempt("send", str(tmp_path / "a"), "--request", link), 5, "gone")


def test_a_link_to_files_is_no_request(company: Company, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "a"))
    ended = company.outsider(tmp_path).attempt("send", str(tmp_path / "a"), "--request", link)
    refused(ended, 2, "not_a_request")
