"""A load on one route: ``python -m bench.requests.load PORT METHOD PATH BODY TOKEN COUNT CONNECTIONS`` (BODY: a file, or "" for none).

Prints ``{"rate": requests a second, "p50": ms, "p99": ms, "status": {"200": n}, "last": the last body}``. Each connection is kept and carries one
request at a time; sockets are plain, so that this side costs a tenth of what any server does.
"""

import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_END = b"\r\n\r\n"


@dataclass
class Load:
    """``message`` is the whole request."""

    port: int
    message: bytes
    seconds: list[float] = field(default_factory=list)
    status: "Counter[str]" = field(default_factory=Counter)
    last: bytes = b""

    def run(self, count: int, connections: int) -> dict[str, Any]:
        """``count`` requests over so many connections."""
        share = max(1, count // connections)
        threads = [threading.Thread(target=self._send, args=(share,)) for _ in range(connections)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        taken = time.perf_counter() - began
        if len(self.seconds) != share * connections:
            raise RuntimeError("a connection broke")
        ordered = sorted(self.seconds)
        return {
            "rate": len(ordered) / taken,
            "p50": ordered[len(ordered) // 2] * 1000,
            "p99": ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000,
            "status": dict(self.status),
            "last": json.loads(self.last),
        }

    def _send(self, count: int) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(count):
                began = time.perf_counter()
                line.sendall(self.message)
                status, body = _answer(line)
                self.seconds.append(time.perf_counter() - began)
                self.status[status] += 1
                self.last = body


def _answer(line: socket.socket) -> tuple[str, bytes]:
    got = b""
    while _END not in got:
        got += _received(line)
    head, _, body = got.partition(_END)
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += _received(line)
    return head.split(b" ", 2)[1].decode(), body


def _received(line: socket.socket) -> bytes:
    chunk = line.recv(65_536)
    if not chunk:
        raise ConnectionError("the server closed the connection")
    return chunk


def message_of(port: int, method: str, path: str, body: bytes, token: str) -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}", f"authorization: Bearer {token}"]
    lines += ["accept: application/json", "user-agent: bench"]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def main(arguments: list[str]) -> None:
    port, method, path, file, token, count, connections = arguments
    body = Path(file).read_bytes() if file else b""
    load = Load(int(port), message_of(int(port), method, path, body, token))
    print(json.dumps(load.run(int(count), int(connections))))


if __name__ == "__main__":
    main(sys.argv[1:])
