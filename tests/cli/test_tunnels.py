"""A company's proxy that wants to know who asks, with TLS through it: calls and bytes both go by CONNECT (RFC 9110 9.3.6)."""

import base64
import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.cli.transcript import refused
from tests.e2e.support.install import Install
from tests.e2e.support.people import Person
from tests.service.runtime.certificate import self_made

pytestmark = pytest.mark.slow
NAME, WORD = "taro", "p@ss/word"
MIB = 1 << 20


@dataclass
class Tunnels:
    """What was asked for, and the bytes that went up through them."""

    url: str = ""
    targets: list[str] = field(default_factory=list)
    refused: int = 0
    up: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def went_up(self, count: int) -> None:
        with self.lock:
            self.up += count


class _Handler(socketserver.StreamRequestHandler):
    tunnels: Tunnels

    def handle(self) -> None:
        line, *headers = self._head()
        method, target, _ = line.split(" ")
        asked = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in headers)}
        word = base64.b64encode(f"{NAME}:{WORD}".encode()).decode()
        if method != "CONNECT" or asked.get("proxy-authorization") != f"Basic {word}":
            self.tunnels.refused += 1
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n")
            self.wfile.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        self.tunnels.targets.append(target)
        host, _, port = target.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_copy, args=(far, self.connection, lambda _: None), daemon=True)
            back.start()
            _copy(self.connection, far, self.tunnels.went_up)
            back.join()

    def _head(self) -> list[str]:
        lines = []
        while (line := self.rfile.readline().decode("latin-1").rstrip("\r\n")) != "":
            lines.append(line)
        return lines


def _copy(source: socket.socket, target: socket.socket, tell: Callable[[int], None]) -> None:
    try:
        while piece := source.recv(1 << 16):
            # Told before it goes on: whoever has an answer to these bytes finds them counted.
            tell(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # one of the two went away, and the other is told
        for one in (source, target):
            one.close()


@contextmanager
def tunnels() -> Iterator[Tunnels]:
    seen = Tunnels()
    handler = type("Handler", (_Handler,), {"tunnels": seen, "rbufsize": 0})

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        seen.url = f"127.0.0.1:{server.server_address[1]}"
        yield seen
        server.shutdown()


def test_calls_and_bytes_go_through_a_proxy_that_asks_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = self_made(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    content = os.urandom(3 * MIB)
    (tmp_path / "plan.bin").write_bytes(content)
    tls = {"TLS_CERTIFICATE": str(made.certificate), "TLS_KEY": str(made.key)}
    with tunnels() as seen, Install(tmp_path / "tls", **tls) as install:
        install.url = install.url.replace("http://", "https://")
        install.init()
        install.serve()
        around = {"NO_PROXY": "", "no_proxy": ""}
        person = Person(tmp_path / "home", HTTPS_PROXY=f"http://{NAME}:p%40ss%2Fword@{seen.url}", **around)
        login = ("login", install.url, "--email", install.first["email"], "--password-file", "-")
        person.run(*login, given=install.first["password"] + "\n")
        sent = person.json("send", str(tmp_path / "plan.bin"), "--seal", "--hold", "0")
        person.run("wait", sent["id"], "--timeout", "60s")
        [got] = person.json("get", sent["id"], "-o", str(tmp_path / "in"))["files"]
        assert Path(got["path"]).read_bytes() == content
        assert set(seen.targets) == {install.url.removeprefix("https://")}
        assert (seen.up > 3 * MIB, seen.refused) == (True, 0)

        stranger = Person(tmp_path / "other", HTTPS_PROXY=f"http://{NAME}:wrong-word@{seen.url}", **around)
        ended = stranger.attempt(*login, given=install.first["password"] + "\n")
        refused(ended, 7, "network")
        assert "wrong-word" not in ended.stderr
        assert seen.refused > 0
