"""A load balancer in small: one address in front of several runtimes. It passes bytes on and knows nothing of HTTP.

A connection goes to the runtimes in turn, and to the next one where a runtime does not accept. One that breaks in the middle breaks for
the client too, as it would with a real one.
"""

import itertools
import socket
import threading
from collections.abc import Sequence
from typing import Self

_CHUNK = 1 << 18


class Balancer:
    """``with Balancer(port, targets)``: listens on ``port`` of 127.0.0.1 until the end."""

    def __init__(self, port: int, targets: Sequence[int]) -> None:
        self._targets = tuple(targets)
        self._turn = itertools.count()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self._thread = threading.Thread(target=self._accept, name="balancer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = self._connected()
        if server is None:
            client.close()
            return
        back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
        back.start()
        _pass_on(client, server)
        back.join()
        client.close()
        server.close()

    def _connected(self) -> socket.socket | None:
        first = next(self._turn)
        for offset in range(len(self._targets)):
            try:
                return socket.create_connection(("127.0.0.1", self._targets[(first + offset) % len(self._targets)]), 2)
            except OSError:
                continue
        return None


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        source.settimeout(None)
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
