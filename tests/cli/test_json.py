"""``--json`` of every verb, really run, against its schema in spec/cli; and of failures."""

import json
from pathlib import Path

import pytest
from fumibako.cli.command import build_parser
from fumibako.cli.completion_words import words_of

from tests.cli.office import admin_of, failure
from tests.cli.schemas import fits, names
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow
ABSENT = "tr_00000000000000000000000000"


def test_every_verb_has_a_schema_and_every_schema_a_verb() -> None:
    verbs = {"-".join(place.path) for place in words_of(build_parser()) if place.path and not place.verbs}
    assert {*verbs, "error", "key-file"} == set(names())


def test_a_transfer_from_send_to_its_certificate(company: Company, tmp_path: Path) -> None:
    staff, address = company.staff(tmp_path), someone()
    (tmp_path / "f.txt").write_text("x")
    fits("send", staff.json("send", str(tmp_path / "f.txt"), "--to", address, "--dry-run"))
    words = ("send", str(tmp_path / "f.txt"), "--to", address, "--hold", "0", "--proof", "link")
    sent = fits("send", staff.json(*words))
    fits("wait", staff.json("wait", sent["id"], "--for", "ready", "--timeout", "60s"))
    fits("list", staff.json("list"))
    fits("show", staff.json("show", sent["id"], "--links"))
    fits("extend", staff.json("extend", sent["id"], "--expires", "2d", "--max-downloads", "3", "--to", someone()))
    fits("get", staff.json("get", sent["id"], "-o", str(tmp_path / "in")))
    fits("get", staff.json("get", sent["id"], "--zip", str(tmp_path / "f.zip")))
    fits("recall", staff.json("recall", sent["id"]))
    fits("wait", staff.json("wait", sent["id"], "--for", "destroyed", "--timeout", "60s"))
    target = str(tmp_path / "gone.json")
    wait_for(lambda: staff.attempt("certificate", sent["id"]).returncode == 0, "its certificate", pause=0.3)
    fits("certificate", json.loads(staff.run("certificate", sent["id"])))
    fits("certificate", staff.json("certificate", sent["id"], "-o", target))
    root = company.first["root_fingerprint"]
    fits("verify", company.outsider(tmp_path).json("verify", target, "--root", root))


def test_sealed_has_its_key_in_the_answer(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("x")
    sent = company.staff(tmp_path).json("send", str(tmp_path / "f.txt"), "--seal", "--to", someone())
    assert len(fits("send", sent)["link_key"]) == 43


def test_requests(company: Company, tmp_path: Path) -> None:
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    made = fits("request-create", staff.json("request", "create", "Plans", "--proof", "link"))
    (tmp_path / "f.txt").write_text("x")
    sent = fits("send", guest.json("send", str(tmp_path / "f.txt"), "--request", made["url"]))
    fits("request-list", staff.json("request", "list"))

    def arrived() -> bool:
        found = fits("receive", staff.json("receive", made["id"], "--list"))
        return [one["id"] for one in found["items"]] == [sent["id"]]

    wait_for(arrived, "the upload", pause=0.3)
    got = fits("receive", staff.json("receive", made["id"], "-o", str(tmp_path / "in")))
    assert [one["id"] for one in got["transfers"]] == [sent["id"]]
    fits("request-close", staff.json("request", "close", made["id"]))


def test_what_administrators_see(company: Company, tmp_path: Path) -> None:
    admin, target = admin_of(company, tmp_path), tmp_path / "audit.jsonl"
    for line in admin.run("events").splitlines():
        fits("events", json.loads(line))
    fits("audit-list", admin.json("audit", "list", "--limit", "5"))
    wait_for(lambda: admin.run("audit", "export"), "a block", pause=0.5)
    fits("audit-export", admin.json("audit", "export", "-o", str(target)))
    for line in target.read_text("utf-8").splitlines():
        fits("audit-export", json.loads(line))
    key = tmp_path / "key.json"
    made = fits("service-account-create", admin.json("service-account", "create", "nightly", "-o", str(key)))
    fits("key-file", json.loads(key.read_text("utf-8")))
    fits("service-account-list", admin.json("service-account", "list"))
    fits("service-account-remove", admin.json("service-account", "remove", made["id"]))


def test_sign_in_settings_and_completion(company: Company, tmp_path: Path) -> None:
    person = Person(tmp_path)
    login = ("login", company.url, "--email", company.first["email"], "--password-file", "-")
    fits("login", person.json(*login, given=company.first["password"] + "\n"))
    fits("logout", person.json("logout"))
    fits("config-set", person.json("config", "set", "parallel", "8"))
    fits("config-list", person.json("config", "list"))
    fits("config-get", person.json("config", "get", "parallel"))
    fits("config-unset", person.json("config", "unset", "parallel"))
    for shell in ("bash", "zsh", "fish"):
        fits("completion", person.json("completion", shell))


@pytest.mark.parametrize(
    ("words", "code", "name"),
    [
        (("fly",), 2, "usage"),
        (("show", "tr_x"), 2, "id_wrong"),
        (("show", ABSENT), 4, "not_found"),
        (("get", ABSENT, "-o", "/proc/nowhere"), 4, "not_found"),
        (("verify", "/dev/null"), 6, "proof_invalid"),
    ],
)
def test_a_failure_is_one_object_on_stderr(
    company: Company, tmp_path: Path, words: tuple[str, ...], code: int, name: str
) -> None:
    ended = company.staff(tmp_path).attempt(*words, "--json")
    assert ended.stdout == ""
    error = fits("error", json.loads(ended.stderr))["error"]
    assert (ended.returncode, error["exit"], error["code"]) == (code, code, name)
    assert failure(ended.stderr) == error


def test_with_json_nothing_else_is_said(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("x")
    words = ("send", str(tmp_path / "f.txt"), "--to", someone(), "--hold", "60", "--json")
    ended = company.staff(tmp_path).attempt(*words)
    assert (ended.returncode, ended.stderr) == (0, "")
