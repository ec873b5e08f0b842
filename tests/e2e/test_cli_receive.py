"""``receive``: a nightly job that fetches what came for file requests, each once."""

import json
from pathlib import Path

import pytest

from tests.cli.middle import Middle, Passed
from tests.cli.office import failure
from tests.cli.schemas import fits
from tests.cli.transcript import expect, refused
from tests.e2e.support.company import Company, company
from tests.e2e.support.people import Person
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
pytestmark = pytest.mark.slow


def answered(company: Company, folder: Path, staff: Person, title: str, *contents: str) -> tuple[str, list[str]]:
    """A request and uploads to it, each a file of the same name; their ids, once they can be fetched."""
    made = staff.json("request", "create", title, "--proof", "link")
    ids = []
    for number, content in enumerate(contents):
        path = folder / f"{title}-{number}" / "invoice.pdf"
        path.parent.mkdir()
        path.write_text(content)
        guest = company.outsider(folder, f"guest-{title}-{number}")
        ids.append(str(guest.json("send", str(path), "--request", made["url"])["id"]))

    def there() -> bool:
        return {one["id"] for one in staff.json("receive", made["id"], "--list")["items"]} == set(ids)

    wait_for(there, "the uploads", pause=0.3)
    return str(made["id"]), ids


def test_everything_new_is_fetched_once(company: Company, tmp_path: Path) -> None:
    staff, inbox = company.staff(tmp_path), tmp_path / "inbox"
    one, first = answered(company, tmp_path, staff, "one", "a", "b")
    other, second = answered(company, tmp_path, staff, "other", "c")
    got = staff.json("receive", one, "-o", str(inbox))
    assert {item["id"] for item in got["transfers"]} == set(first)
    assert [(inbox / one_id / "invoice.pdf").read_text() for one_id in first] == ["a", "b"]
    # Without an id: what came for all requests, and only what is new. Files that were moved away do not come back.
    (inbox / first[0] / "invoice.pdf").unlink()
    rest = staff.json("receive", "-o", str(inbox))
    assert ([item["id"] for item in rest["transfers"]], rest["left"]) == (second, 2)
    assert staff.json("receive", "-o", str(inbox))["transfers"] == []
    again = staff.json("receive", one, "-o", str(inbox), "--again")
    assert {item["id"] for item in again["transfers"]} == set(first)
    assert (inbox / first[0] / "invoice.pdf").read_text() == "a"
    line = next(row for row in staff.run("receive", "--list").splitlines() if second[0] in row)
    assert line.startswith(f"{other}\t{second[0]}\tready\t1\t1 B\t")


def test_the_folder_of_the_settings_is_used(company: Company, tmp_path: Path) -> None:
    staff = company.staff(tmp_path)
    staff.run("config", "set", "folder", str(tmp_path / "kept"))
    request, [transfer] = answered(company, tmp_path, staff, "kept-one", "k")
    expect(
        staff.attempt("receive", request),
        0,
        out=rf"[0-9a-f]{{64}}  .+/kept/{transfer}/invoice\.pdf",
        err=[
            r"These files were not checked for malware\.",
            r"1 file\(s\), 1 B, arrived whole\.",
            r"1 transfer\(s\) fetched, 0 had been fetched before\.",
        ],
    )


def test_one_that_fails_does_not_keep_back_the_others(company: Company, tmp_path: Path) -> None:
    staff, inbox = company.staff(tmp_path), tmp_path / "inbox"
    request, [bad, good] = answered(company, tmp_path, staff, "mixed", "a", "b")

    def change(passed: Passed) -> None:
        if passed.method == "POST" and passed.path.endswith(f"{bad}/downloads"):
            passed.status, passed.headers = 410, {"Content-Type": "application/problem+json"}
            passed.body = b'{"status": 410, "code": "gone", "title": "x"}'

    with Middle(company.url, change=change) as middle:
        program = Person(tmp_path / "program", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        ended = program.attempt("receive", request, "-o", str(inbox), "--json")
    assert (ended.returncode, failure(ended.stderr)["code"]) == (5, "gone")
    got = fits("receive", json.loads(ended.stdout))
    assert [one["id"] for one in got["transfers"]] == [good]
    assert not (inbox / bad / "invoice.pdf").exists()


def test_what_is_not_one_of_your_requests(company: Company, tmp_path: Path) -> None:
    staff = company.staff(tmp_path)
    refused(staff.attempt("receive", "rq_00000000000000000000000000", "-o", str(tmp_path)), 4, "not_found")
    refused(staff.attempt("receive", "tr_00000000000000000000000000", "-o", str(tmp_path)), 2, "id_wrong")
    made = staff.json("request", "create", "Nothing yet", "--proof", "link")
    assert staff.json("receive", made["id"], "-o", str(tmp_path / "in"))["transfers"] == []


@pytest.mark.parametrize("given", ["../../escaped", "/tmp/escaped", "tr_x", "", 7, None])
def test_an_id_of_the_server_names_no_other_folder(company: Company, tmp_path: Path, given: object) -> None:
    """Each transfer lands in a folder named by its id, and the id is the server's word."""

    def change(passed: Passed) -> None:
        if passed.method == "GET" and "/transfers/v1/transfers?" in passed.path:
            answer = json.loads(passed.body)
            for one in answer["items"]:
                one["id"] = given
            passed.body = json.dumps(answer).encode()

    answered(company, tmp_path, company.staff(tmp_path), "hostile", "x")
    with Middle(company.url, change=change) as middle:
        staff = Person(tmp_path / "other", FUMIBAKO_URL=middle.url, FUMIBAKO_TOKEN=company.token)
        refused(staff.attempt("receive", "-o", str(tmp_path / "deep" / "in" / "box")), 7, "server_wrong")
    assert not list(tmp_path.rglob("*escaped*"))
    assert not (tmp_path / "deep").exists()
