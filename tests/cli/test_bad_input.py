"""What people name on the command line and what their disks are like: refused before anything is sent or counted."""

import os
import socket
from pathlib import Path

import pytest

from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import Person

__all__ = ["company"]
pytestmark = pytest.mark.slow


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Signed in nowhere that answers: what is wrong here is found before any server is asked."""
    return Person(tmp_path / "home", FUMIBAKO_URL="http://127.0.0.1:9", FUMIBAKO_TOKEN="t")


def test_an_absent_file(person: Person, tmp_path: Path) -> None:
    refused(person.attempt("send", str(tmp_path / "none"), "--to", someone()), 2, "file_absent")


def test_an_empty_folder(person: Person, tmp_path: Path) -> None:
    refused(person.attempt("send", str(tmp_path), "--to", someone()), 2, "no_files")


def test_a_device_a_pipe_and_a_socket(person: Person, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        for path in ("/dev/null", str(tmp_path / "pipe"), str(tmp_path / "s")):
            refused(person.attempt("send", path, "--to", someone()), 2, "not_a_file")


def test_a_loop_of_links(person: Person, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused(person.attempt("send", str(tmp_path / "loop"), "--to", someone()), 2, "file_unreadable")


def test_a_name_that_is_no_text_and_one_that_turns_direction(person: Person, tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", "report\u202efdp.exe".encode(), b"two\nlines"):
        path = tmp_path / os.fsdecode(name)
        path.touch()
        refused(person.attempt("send", str(path), "--to", someone()), 2, "name_invalid")


def test_a_name_that_is_no_text_deep_in_a_folder(person: Person, tmp_path: Path) -> None:
    folder = tmp_path / "plans" / "2026"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("x")
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    refused(person.attempt("send", str(tmp_path / "plans"), "--to", someone()), 2, "name_invalid")


def test_the_same_name_twice(person: Person, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same.txt").write_text(folder)
    files = [str(tmp_path / folder / "same.txt") for folder in ("a", "b")]
    refused(person.attempt("send", *files, "--to", someone()), 2, "duplicate_name")


def test_nobody_to_send_it_to(person: Person, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    refused(person.attempt("send", str(tmp_path / "f")), 2, "no_recipients")


@pytest.mark.parametrize(
    "link", ["https://files.example.jp", "x", "https://[/l#a", "https://files.example.jp/l#acme.short"]
)
def test_a_link_that_was_cut(person: Person, link: str) -> None:
    refused(person.attempt("get", link), 2, "link_wrong")


@pytest.mark.parametrize("typed", ["tr_x", "tr_../../auth/v1/me", "TR_00000000000000000000000000", "rq_"])
def test_an_id_that_is_none(person: Person, typed: str) -> None:
    refused(person.attempt("show", typed), 2, "id_wrong")


@pytest.mark.parametrize(
    "url", ["files.example.jp", "ftp://files.example.jp", "https://files.example.jp/path", "https://"]
)
def test_an_address_that_is_none(person: Person, url: str) -> None:
    refused(person.attempt("login", url, "--email", "a@b.example", "--password-file", "/dev/null"), 2, "url_wrong")


def test_a_password_file_that_is_not_there(person: Person, tmp_path: Path) -> None:
    login = ("login", "http://127.0.0.1:9", "--email", "a@b.example", "--password-file", str(tmp_path / "none"))
    refused(person.attempt(*login), 2, "file_unreadable")


def test_a_proxy_and_a_list_of_certificates_that_are_none(tmp_path: Path) -> None:
    signed = {"FUMIBAKO_URL": "https://files.example.jp", "FUMIBAKO_TOKEN": "t"}
    refused(Person(tmp_path, ALL_PROXY="gopher://x:1", **signed).attempt("list"), 2, "proxy_wrong")
    refused(Person(tmp_path, SSL_CERT_FILE=str(tmp_path / "none.pem"), **signed).attempt("list"), 2, "ca_wrong")
    refused(
        Person(tmp_path, FUMIBAKO_URL="http://127.0.0.1:9", FUMIBAKO_TOKEN="秘密").attempt("list"), 3, "token_wrong"
    )


def test_a_destination_that_exists(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("what was sent")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.txt"), "--max-downloads", "2")
    there = tmp_path / "in" / "f.txt"
    there.parent.mkdir()
    there.write_text("mine")
    guest = company.outsider(tmp_path)
    greeting = ("From .+", "These files .+")
    refused(guest.attempt("get", link, "-o", str(tmp_path / "in")), 2, "exists", *greeting)
    assert there.read_text() == "mine"
    assert os.listdir(there.parent) == ["f.txt"]  # noqa: PTH208  # hidden ones too
    guest.run("get", link, "-o", str(tmp_path / "in"), "--force")
    assert there.read_text() == "what was sent"


def test_a_folder_stands_where_the_file_would(company: Company, tmp_path: Path) -> None:
    """Nothing of it is touched, whatever the person says: a folder may hold much."""
    (tmp_path / "f.txt").write_text("what was sent")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.txt"), "--max-downloads", "1")
    there = tmp_path / "in" / "f.txt"
    there.mkdir(parents=True)
    (there / "mine").write_text("mine")
    guest = company.outsider(tmp_path)
    for words in ((), ("--force",)):
        ended = guest.attempt("get", link, "-o", str(tmp_path / "in"), *words)
        assert (ended.returncode, "Traceback" in ended.stderr) == (2, False), ended.stderr
        assert "fumibako: Next: " in ended.stderr
    assert (there / "mine").read_text() == "mine"
    guest.run("get", link, "-o", str(tmp_path / "elsewhere"))
    assert (tmp_path / "elsewhere" / "f.txt").read_text() == "what was sent"


def test_a_destination_that_is_a_file_or_can_t_be_written(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("x")
    _, link = company.sent(company.staff(tmp_path), str(tmp_path / "f.txt"), "--max-downloads", "1")
    guest = company.outsider(tmp_path)
    for folder in (tmp_path / "f.txt", tmp_path / "f.txt" / "below", Path("/proc/nowhere")):
        refused(guest.attempt("get", link, "-o", str(folder)), 2, "unwritable", *_greeting(folder))
    # None of these tries has used up the only download.
    guest.run("get", link, "-o", str(tmp_path / "in"))


def _greeting(folder: Path) -> tuple[str, ...]:
    # To root every folder looks writable; the system itself says no when the file is made.
    return ("From .+", "These files .+") if folder.is_relative_to("/proc") and os.geteuid() == 0 else ()


def test_recipients_that_are_none_are_all_named(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    words = [word for name in ("nobody", "a@", "@b") for word in ("--to", name)]
    ended = company.staff(tmp_path).attempt("send", str(tmp_path / "f"), *words)
    refused(ended, 2, "address_invalid")
    assert all(f"/recipients/{n}" in ended.stderr for n in range(3))
