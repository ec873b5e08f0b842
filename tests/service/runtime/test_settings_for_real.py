"""Settings that change how the runtime talks to the world, each used for a whole transfer by the command line: TLS, a port of its own for
the bytes, a mail relay, a malware scanner.
"""

import hashlib
import json
import os
import re
from pathlib import Path

import httpx
import pytest

from tests.clamd import EICAR, clamd
from tests.e2e.support.balancer import Balancer
from tests.e2e.support.install import Install
from tests.e2e.support.people import Person
from tests.e2e.support.ports import reserved_port
from tests.e2e.support.waiting import wait_for
from tests.letters import Letter, letter_of
from tests.service.runtime.certificate import self_made
from tests.smtp_server import SMTPServer, smtp_server

GUEST = "g@partner.example"
pytestmark = pytest.mark.slow


def a_file(folder: Path, content: bytes = b"") -> Path:
    path = folder / "drawing.bin"
    path.write_bytes(content or os.urandom(300_000))
    return path


def send(member: Person, path: Path, proof: str = "link") -> str:
    how = ("--to", GUEST, "--hold", "0", "--proof", proof, "--expires", "1h")
    return str(member.json("send", str(path), *how)["id"])


def fetch(guest: Person, link: str, folder: Path) -> str:
    [got] = guest.json("get", link, "-o", str(folder / "out"))["files"]
    return str(got["sha256"])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_command_line_sends_and_gets_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = self_made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    with Install(tmp_path, TLS_CERTIFICATE=str(made.certificate), TLS_KEY=str(made.key)) as install:
        install.url = f"https://localhost:{install.port}"
        install.init()
        runtime = install.serve()
        path = a_file(tmp_path)
        send(install.member(), path)
        link = install.link_for(GUEST)
        assert link.startswith(install.url)
        assert fetch(install.guest(), link, tmp_path) == sha256(path)
        stranger = install.guest("stranger", SSL_CERT_FILE="").attempt("get", link, "-o", str(tmp_path / "no"))
        assert stranger.returncode != 0
        assert not (tmp_path / "no").exists()
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http://localhost:{install.port}/healthz")
        assert runtime.stop() == 0


def test_the_bytes_have_a_port_and_a_process_of_their_own(tmp_path: Path) -> None:
    port = reserved_port()
    with Install(tmp_path, PROCESSES="2", BYTES_PORT=str(port), BLOB_BASE_URL=f"http://127.0.0.1:{port}") as install:
        install.init()
        runtime = install.serve()
        path = a_file(tmp_path)
        send(install.member(), path)
        assert fetch(install.guest(), install.link_for(GUEST), tmp_path) == sha256(path)
        assert sorted(runtime.family().values()) == ["api", "api", "bytes", "main", "worker"]
        assert httpx.get(f"{install.url}/blobs/x").status_code == 404
        assert httpx.get(f"http://127.0.0.1:{port}/auth/v1/sessions").json()["code"] == "not_found"
        moved = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert re.search(r'fumibako_requests_total\{[^}]*method="PUT"[^}]*service="blobs"', moved)
        assert runtime.stop() == 0


def letters(relay: SMTPServer, address: str = GUEST) -> list[Letter]:
    return [letter_of(one.content) for one in list(relay.messages) if one.to == address]


def link_in(relay: SMTPServer) -> str:
    return next((one.link for one in letters(relay) if one.link), "")


def code_in(relay: SMTPServer) -> str:
    return next((one.code for one in letters(relay) if one.code), "")


def test_a_guest_s_whole_story_goes_through_a_mail_relay(tmp_path: Path) -> None:
    with smtp_server() as relay:
        mail = {"MAIL": "smtp", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(relay.port), "SMTP_SECURITY": "none"}
        with Install(tmp_path, **mail) as install:
            install.init()
            install.serve()
            path, member, guest = a_file(tmp_path), install.member(), install.guest()
            transfer = send(member, path, proof="code")
            link = wait_for(lambda: link_in(relay), "the link was mailed")
            getting = guest.start(
                "get", link, "-o", str(tmp_path / "out"), "--code-file", str(fifo(tmp_path)), "--json"
            )
            code = wait_for(lambda: code_in(relay), "the code was mailed")
            fifo(tmp_path).write_text(code + "\n")
            output, error = getting.communicate(timeout=60)
            assert getting.returncode == 0, error
            [got] = json.loads(output)["files"]
            assert got["sha256"] == sha256(path)
            member.run("recall", transfer)
            sender = install.first["email"]
            wait_for(lambda: len(letters(relay, sender)) >= 2, "the sender was told of the download and of the end")
        assert not (tmp_path / "data" / "mail").exists()


def fifo(folder: Path) -> Path:
    path = folder / "code"
    if not path.exists():
        os.mkfifo(path, 0o600)
    return path


def show(member: Person, transfer: str) -> dict[str, str]:
    shown = member.json("show", transfer)
    return {name: str(shown.get(name)) for name in ("state", "reason", "scan")}


@pytest.mark.root
def test_malware_closes_the_transfer_and_nobody_is_told_but_a_clean_file_goes_out(tmp_path: Path) -> None:
    with Install(tmp_path, SCANNER="clamd", CLAMD_ADDRESS=clamd().address) as install:
        install.init()
        install.serve()
        member = install.member()
        infected = send_anyway(member, a_file(tmp_path, EICAR))
        wait_for(lambda: show(member, infected)["reason"] == "infected", "the transfer was closed as infected")
        assert install.letters(GUEST) == []
        path = a_file(tmp_path)
        clean = send(member, path)
        wait_for(lambda: show(member, clean)["state"] == "ready", "the clean transfer is ready")
        assert show(member, clean)["scan"] == "clean"
        assert fetch(install.guest(), install.link_for(GUEST), tmp_path) == sha256(path)
        assert len(install.letters(GUEST)) == 1


def send_anyway(member: Person, path: Path) -> str:
    """The id of a transfer that the sender's command may already see closed."""
    before = {one["id"] for one in member.json("list")["items"]}
    member.attempt("send", str(path), "--to", GUEST, "--hold", "0", "--proof", "link", "--expires", "1h")
    [made] = {one["id"] for one in member.json("list")["items"]} - before
    return str(made)


@pytest.mark.root
def test_a_scanner_that_is_away_keeps_the_transfer_checking_until_it_is_back(tmp_path: Path) -> None:
    port = reserved_port()
    with Install(tmp_path, SCANNER="clamd", CLAMD_ADDRESS=f"127.0.0.1:{port}") as install:
        install.init()
        runtime = install.serve()
        member, path = install.member(), a_file(tmp_path)
        sending = member.start("send", str(path), "--to", GUEST, "--hold", "0", "--proof", "link", "--expires", "1h")
        wait_for(lambda: "store_away" in runtime.log.read_text("utf-8"), "the scanner was asked in vain")
        [transfer] = [one["id"] for one in member.json("list")["items"]]
        assert show(member, transfer)["state"] == "checking"
        assert install.letters(GUEST) == []
        with Balancer(port, [int(clamd().address.rpartition(":")[2])]):
            wait_for(lambda: show(member, transfer)["state"] == "ready", "the check went on by itself")
        assert show(member, transfer)["scan"] == "clean"
        assert sending.wait(60) == 0
        sending.communicate()
