"""Plain transfers: for tools that can only PUT. The command line still sees to it that what arrives is what was sent."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.e2e.support.company import Company, company, someone

__all__ = ["company"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1, 9 << 20])
def test_what_arrives_is_what_was_sent(company: Company, tmp_path: Path, size: int) -> None:
    source = tmp_path / "data.csv"
    source.write_bytes(os.urandom(size))
    sent, link = company.sent(company.staff(tmp_path), str(source), "--class", "plain")
    assert company.staff(tmp_path).json("show", sent["id"])["class"] == "plain"
    [got] = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    assert got["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert Path(got["path"]).read_bytes() == source.read_bytes()


def test_a_stored_bit_that_flipped_is_found_by_the_checksum(company: Company, tmp_path: Path) -> None:
    marker = os.urandom(32)
    source = tmp_path / "data.bin"
    source.write_bytes(os.urandom(1 << 20) + marker)
    sent, link = company.sent(company.staff(tmp_path), str(source), "--class", "plain")
    [stored] = [
        p
        for p in (company.data / "blobs").rglob("*")
        if p.is_file() and sent["id"] in str(p) and marker in p.read_bytes()
    ]
    content = bytearray(stored.read_bytes())
    content[1000] ^= 1
    stored.write_bytes(content)
    ended = company.outsider(tmp_path).attempt("get", link, "-o", str(tmp_path / "in"))
    assert ended.returncode == 6, ended.stderr
    assert "[digest_differs]" in ended.stderr
    assert not [p for p in (tmp_path / "in").rglob("*") if p.is_file()]


def test_a_company_that_does_not_allow_it_refuses(company: Company, tmp_path: Path) -> None:
    api = company.api()
    (tmp_path / "f").write_text("x")
    tenant = api.get("/auth/v1/tenant")
    tenant = api.patch("/auth/v1/tenant", {"allow_plain": False}, version=tenant["version"])
    try:
        ended = company.staff(tmp_path).attempt("send", str(tmp_path / "f"), "--class", "plain", "--to", someone())
    finally:
        api.patch("/auth/v1/tenant", {"allow_plain": True}, version=tenant["version"])
    assert ended.returncode == 2, ended.stderr
    assert "[class_not_allowed]" in ended.stderr
