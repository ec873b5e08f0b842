"""What lies between the command and its person: proxies, certificates, terminals that are narrow or speak no UTF-8, closed pipes."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.cli.test_bar import on_a_terminal
from tests.cli.transcript import refused
from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.install import Install
from tests.e2e.support.people import Person
from tests.service.runtime.certificate import self_made

__all__ = ["company"]
pytestmark = pytest.mark.slow
ESCAPE = "\x1b"


class _Proxy(BaseHTTPRequestHandler):
    """Passes whole addresses on (RFC 9112 3.2.2) and remembers them."""

    seen: list[str]

    def handle_any(self) -> None:
        self.seen.append(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        kept = {k: v for k, v in self.headers.items() if k.lower() not in ("proxy-connection", "connection")}
        asked = Request(self.path, data=body or None, headers=kept, method=self.command)
        try:
            answer = build_opener(ProxyHandler({})).open(asked, timeout=60)
        except OSError as error:
            answer = error  # type: ignore[assignment]  # urllib's HTTPError is an answer
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815  # http.server asks for them

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def proxy() -> Iterator[tuple[str, list[str]]]:
    """Its address and what passed."""
    handler = type("Handler", (_Proxy,), {"seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.seen  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTP_PROXY", "http_proxy"])
def test_a_proxy_that_the_environment_names_carries_everything(company: Company, tmp_path: Path, variable: str) -> None:
    (tmp_path / "f.bin").write_bytes(os.urandom(2_000_000))
    with proxy() as (url, seen):
        staff = company.staff(tmp_path, **{variable: url, "NO_PROXY": "", "no_proxy": ""})
        sent = staff.json("send", str(tmp_path / "f.bin"), "--to", someone(), "--hold", "0")
        staff.run("wait", sent["id"], "--timeout", "60s")
        staff.run("get", sent["id"], "-o", str(tmp_path / "in"))
        assert any("/transfers/v1/transfers" in path for path in seen)
        # The bytes take the same way as the calls.
        assert any("/blobs/" in path for path in seen), seen
        before = len(seen)
        around = company.staff(tmp_path, **{variable: url, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"})
        around.run("get", sent["id"], "-o", str(tmp_path / "again"))
        assert len(seen) == before
    assert (tmp_path / "in" / "f.bin").read_bytes() == (tmp_path / "f.bin").read_bytes()


def test_a_certificate_authority_of_the_company_s_own(tmp_path: Path) -> None:
    """A runtime with TLS: refused without its certificate, trusted by SSL_CERT_FILE, and by what ``config`` keeps."""
    made = self_made(tmp_path)
    (tmp_path / "f.bin").write_bytes(os.urandom(2_000_000))
    with Install(tmp_path / "tls", TLS_CERTIFICATE=str(made.certificate), TLS_KEY=str(made.key)) as install:
        install.url = install.url.replace("http://", "https://")
        install.init()
        _serve(install, made.certificate)
        login = ("login", install.url, "--email", install.first["email"], "--password-file", "-")
        password = install.first["password"] + "\n"
        refused(Person(tmp_path / "one").attempt(*login, given=password), 7, "tls_untrusted")
        person = Person(tmp_path / "two", SSL_CERT_FILE=str(made.certificate))
        person.run(*login, given=password)
        # Empty is unset: what the computer of the test run has in it must not count.
        kept = Person(tmp_path / "two", SSL_CERT_FILE="")
        refused(kept.attempt("list"), 7, "tls_untrusted")
        kept.run("config", "set", "ca_file", str(made.certificate))
        sent = kept.json("send", str(tmp_path / "f.bin"), "--seal", "--hold", "0")
        kept.run("wait", sent["id"], "--timeout", "60s")
        kept.run("get", sent["id"], "-o", str(tmp_path / "in"))
        refused(Person(tmp_path / "two", SSL_CERT_FILE="/dev/null").attempt("list"), 2, "ca_wrong")
    assert (tmp_path / "in" / "f.bin").read_bytes() == (tmp_path / "f.bin").read_bytes()


@pytest.mark.parametrize(
    "extra",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1", "FUMIBAKO_LANG": "ja"},
        {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "FUMIBAKO_LANG": "ja"},
    ],
    ids=lambda extra: "-".join(extra.values()),
)
def test_terminals_that_speak_no_utf_8(company: Company, tmp_path: Path, extra: dict[str, str]) -> None:
    (tmp_path / "請求書.txt").write_text("x")
    staff = company.staff(tmp_path, **extra)
    sent = staff.json("send", str(tmp_path / "請求書.txt"), "--to", someone(), "--title", "御請求", "--hold", "0")
    staff.run("wait", sent["id"], "--timeout", "60s")
    for words in (("show", sent["id"]), ("list",), ("get", sent["id"], "-o", str(tmp_path / "in")), ("--help",)):
        ended = staff.attempt(*words)
        assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr
    assert (tmp_path / "in" / "請求書.txt").read_text() == "x"


def test_a_python_that_was_told_to_take_ascii_for_names(tmp_path: Path) -> None:
    """With UTF-8 switched off such a name is no text to Python: refused in words, in ASCII, and nothing is sent under another name."""
    (tmp_path / "請求書.txt").write_text("x")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    person = Person(tmp_path / "home", FUMIBAKO_URL="http://127.0.0.1:9", FUMIBAKO_TOKEN="t", **ascii_only)
    refused(person.attempt("send", str(tmp_path / "請求書.txt"), "--to", someone()), 2, "name_invalid")


@pytest.mark.parametrize("columns", [20, 200])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_terminals_of_any_width(company: Company, tmp_path: Path, columns: int, language: str) -> None:
    (tmp_path / "f.txt").write_text("x")
    staff = company.staff(tmp_path, FUMIBAKO_LANG=language, COLUMNS=str(columns))
    send = ("send", str(tmp_path / "f.txt"), "--to", someone(), "--hold", "60")
    for words in (("--help",), ("send", "--help"), send, ("list",)):
        code, shown = on_a_terminal(staff, *words, columns=columns)
        assert (code, "Traceback" in shown) == (0, False), shown


def test_nothing_is_ever_coloured(company: Company, tmp_path: Path) -> None:
    """NO_COLOR has nothing to switch off: the only escape is the one that clears the rest of the bar's line."""
    (tmp_path / "f.txt").write_text("x")
    for extra in ({"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "TERM": "xterm-256color"}):
        staff = company.staff(tmp_path, **extra)
        for words in (("send", str(tmp_path / "f.txt"), "--to", someone(), "--hold", "60"), ("list",), ("show", "x")):
            _, shown = on_a_terminal(staff, *words)
            assert not re.search(rf"{ESCAPE}(?!\[K)", shown), shown
            ended = staff.attempt(*words)
            assert ESCAPE not in ended.stdout + ended.stderr


@pytest.mark.parametrize("words", [("list",), ("--help",), ("send", "--help"), ("completion", "bash")], ids=" ".join)
def test_a_pipe_whose_reader_is_gone(company: Company, tmp_path: Path, words: tuple[str, ...]) -> None:
    script = '"$0" -m fumibako.cli "$@" | true; echo "${PIPESTATUS[0]}"'
    done = subprocess.run(
        ["bash", "-c", script, sys.executable, *words],
        env=company.staff(tmp_path).environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


def test_a_disk_that_is_full_where_the_output_goes(company: Company, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "fumibako.cli", "completion", "bash"],
            env=company.staff(tmp_path).environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, "Traceback" in done.stderr) == (8, False), done.stderr
    assert "[disk_full]" in done.stderr


@pytest.mark.parametrize("stream", ["<&-", ">&-", "2>&-"])
def test_streams_that_are_closed_from_the_start(company: Company, tmp_path: Path, stream: str) -> None:
    """Some supervisors start programs without stdin, stdout or stderr."""
    done = subprocess.run(
        ["bash", "-c", f'"$0" -m fumibako.cli list {stream}', sys.executable],
        env=company.staff(tmp_path).environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def _serve(install: Install, certificate: Path) -> None:
    """Start the runtime of an install whose address is https, and wait for it as the client would."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(certificate)
    try:
        install.serve()
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
