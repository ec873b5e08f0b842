"""Members and guests with the command line alone: managed transfers from sending to the end."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.transcript import expect, refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.bin"
    path.write_bytes(os.urandom(1_500_000))
    return path


def test_two_recipients_each_take_it_as_often_as_allowed(company: Company, tmp_path: Path, plan: Path) -> None:
    staff, people = company.staff(tmp_path), [someone(), someone("other.example")]
    to = [word for address in people for word in ("--to", address)]
    how = ("--title", "Drawings", "--message", "As agreed.", "--expires", "2d", "--max-downloads", "1", "--hold", "0")
    sent = staff.json("send", str(plan), *to, *how, "--proof", "code")
    for number, address in enumerate(people):
        guest = company.outsider(tmp_path, f"guest-{number}")
        link = company.link_for(address)
        ended = company.with_code(guest, address, "get", link, "-o", str(tmp_path / f"in-{number}"), "--json")
        assert ended.returncode == 0, ended.stderr
        [got] = json.loads(ended.stdout)["files"]
        assert got["sha256"] == hashlib.sha256(plan.read_bytes()).hexdigest()
        assert Path(got["path"]).read_bytes() == plan.read_bytes()
        # The proof holds for the next command too; the only download is spent.
        ended = guest.attempt("get", link, "-o", str(tmp_path / "again"))
        assert ended.returncode == 5, ended.stderr
        assert re.search(r"\[(gone|downloads_spent)\]", ended.stderr)
    shown = wait_for(lambda: _closed(staff.json("show", sent["id"])), "used up and closed")
    assert shown["reason"] == "exhausted"
    assert {one["email"]: one["downloads"] for one in shown["recipients"]} == dict.fromkeys(people, 1)


def _closed(shown: dict[str, object]) -> dict[str, object] | None:
    return shown if shown["state"] in ("closed", "destroying", "destroyed") else None


def test_recalled_while_held_nobody_outside_ever_hears_of_it(company: Company, tmp_path: Path, plan: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    sent = staff.json("send", str(plan), "--to", address, "--hold", "60")
    wait_for(lambda: staff.json("show", sent["id"])["state"] == "held", "held")
    expect(
        staff.attempt("recall", sent["id"]),
        0,
        err=[rf"Recalled {sent['id']}\. When it is destroyed, `fumibako certificate {sent['id']}` has the proof\."],
    )
    wait_for(lambda: staff.json("show", sent["id"])["state"] == "destroyed", "destroyed")
    proof = tmp_path / "gone.json"
    wait_for(lambda: staff.attempt("certificate", sent["id"], "-o", str(proof)).returncode == 0, "the certificate")
    assert company.letters(address) == []
    ended = company.outsider(tmp_path).attempt("verify", str(proof), "--root", company.first["root_fingerprint"])
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"(?m)^reason +revoked$", ended.stdout)
    ended = company.outsider(tmp_path).attempt("verify", str(proof), "--root", "SHA256:else")
    assert (ended.returncode, "[proof_invalid]" in ended.stderr) == (6, True), ended.stderr
    ended = company.outsider(tmp_path).attempt("verify", str(proof))
    assert (ended.returncode, "[signer_unknown]" in ended.stderr) == (3, True), ended.stderr


def test_list_and_show_tell_people_and_programs(company: Company, tmp_path: Path, plan: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    sent = staff.json("send", str(plan), "--to", address, "--hold", "60", "--title", "図面 第二版")
    lines = [line.split("\t") for line in staff.run("list", "--limit", "3").splitlines()]
    [mine] = [line for line in lines if line[0] == sent["id"]]
    assert mine[2:4] == ["1", "1.4 MiB"]
    assert mine[5] == address
    shown = wait_for(lambda: _held(staff.run("show", sent["id"])), "held")
    for line in (
        rf"id +{sent['id']}",
        "state +held",
        "class +managed",
        "title +図面 第二版",
        "files +1",
        "size +1.4 MiB",
    ):
        assert re.search(rf"(?m)^{line}$", shown), shown
    assert re.search(rf"(?m)^to +{re.escape(address)}  waiting  0$", shown), shown
    assert [one["id"] for one in staff.json("list", "--state", "held", "--limit", "200")["items"]].count(
        sent["id"]
    ) == 1
    assert staff.json("list", "--box", "received")["items"] == []


def _held(shown: str) -> str:
    return shown if "held" in shown else ""


def test_sign_in_by_password_sign_out_and_after_that_nothing(company: Company, tmp_path: Path) -> None:
    person = company.outsider(tmp_path)
    login = ("login", company.url + "/", "--email", company.first["email"], "--password-file", "-")
    ended = person.attempt(*login, given=company.first["password"] + "\n")
    expect(ended, 0, err=[r"Signed in as Acme Admin, Acme\."])
    kept = tmp_path / "outsider/config/fumibako/credentials.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    token = json.loads(kept.read_text())["access_token"]
    assert person.attempt("list").returncode == 0
    expect(person.attempt("logout"), 0, err=[r"Signed out\."])
    assert not kept.exists()
    refused(person.attempt("list"), 3, "signed_out")
    refused(person.attempt("logout"), 3, "signed_out")
    thief = company.outsider(tmp_path, "thief", FUMIBAKO_URL=company.url, FUMIBAKO_TOKEN=token)
    refused(thief.attempt("list"), 3, "token_invalid")


def test_a_token_without_an_address_says_what_is_missing(company: Company, tmp_path: Path) -> None:
    refused(company.outsider(tmp_path, FUMIBAKO_TOKEN="x").attempt("list"), 2, "url_missing")


@pytest.mark.parametrize("approve", [True, False])
def test_sign_in_by_a_browser_elsewhere(company: Company, tmp_path: Path, approve: bool) -> None:
    person = company.outsider(tmp_path)
    command = person.start("login", company.url, "--device", "--json")
    assert command.stderr is not None
    told = command.stderr.readline()
    match = re.search(r"Open (\S+) in a browser .+ enter (\S+)\.", told)
    assert match is not None, told
    company.api().post("/auth/v1/device/approve", {"user_code": match[2], "approve": approve})
    out, error = command.communicate(timeout=60)
    if approve:
        assert command.returncode == 0, error
        assert json.loads(out)["member"]["email"] == company.first["email"]
        assert person.attempt("list").returncode == 0
    else:
        assert command.returncode == 3
        assert '"access_denied"' in error


def test_after_its_end_a_link_is_gone(company: Company, tmp_path: Path, plan: Path) -> None:
    staff = company.staff(tmp_path)
    sent, link = company.sent(staff, str(plan), "--expires", "1h")
    guest = company.outsider(tmp_path)
    guest.run("get", link, "-o", str(tmp_path / "in"))
    staff.run("recall", sent["id"])
    refused(guest.attempt("get", link, "-o", str(tmp_path / "late")), 5, "gone")
    assert not (tmp_path / "late").exists()
    refused(staff.attempt("send", str(plan), "--to", someone(), "--expires", "1m"), 2, "expiry_past")
    refused(staff.attempt("send", str(plan), "--to", someone(), "--expires", "soon"), 2, "duration_wrong")


def test_the_same_in_japanese(company: Company, tmp_path: Path, plan: Path) -> None:
    staff = company.staff(tmp_path, FUMIBAKO_LANG="ja")
    ended = staff.attempt("send", str(plan), "--to", someone(), "--hold", "60")
    assert ended.returncode == 0
    assert re.search("[ぁ-ん]", ended.stderr)
    ended = staff.attempt("send", str(plan), "--to", "nobody")
    assert ended.returncode == 2
    assert re.search("次にすること: .*[ぁ-ん]", ended.stderr)
    assert "Traceback" not in ended.stderr
