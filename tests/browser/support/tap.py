"""A tap on the line between browser and runtime: it passes bytes on unchanged and keeps what the browser sent, as it was on the wire."""

import re
import socket
import threading
from typing import Self

_CHUNK = 1 << 18
# A request's head, wherever in a connection it stands: bodies of JSON hold no such line.
_HEAD = re.compile(rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^\r\n]+ HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*\r\n")


class Tap:
    """``with Tap(port, target) as tap``: listens on ``port`` of 127.0.0.1, the runtime on ``target``."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._thread = threading.Thread(target=self._accept, name="tap", daemon=True)
        self._heard: list[bytearray] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    @property
    def heard(self) -> bytes:
        """All that browsers sent so far, connection after connection."""
        return b"\n".join(bytes(one) for one in self._heard)

    @property
    def heads(self) -> list[str]:
        """Request lines and headers of all requests so far."""
        return [match[0].decode("latin-1") for match in _HEAD.finditer(self.heard)]

    def forget(self) -> None:
        """Begin anew."""
        for one in self._heard:
            one.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            kept = bytearray()
            self._heard.append(kept)
            threading.Thread(target=self._serve, args=(client, kept), daemon=True).start()

    def _serve(self, client: socket.socket, kept: bytearray) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self._target), 5)
        except OSError:
            client.close()
            return
        back = threading.Thread(target=_pass_on, args=(server, client, None), daemon=True)
        back.start()
        _pass_on(client, server, kept)
        back.join()
        client.close()
        server.close()


def _pass_on(source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
    try:
        source.settimeout(None)
        while chunk := source.recv(_CHUNK):
            if kept is not None:
                kept += chunk
            target.sendall(chunk)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
