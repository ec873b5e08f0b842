"""The ASGI app of the runtime over a real filesystem store, on a real port, in this process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.domain.errors import Refused
from chalicelib.ports.blob_store import BlobRef, SignedUrl
from chalicelib.settings import Settings
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.host import Host
from onprem.runtime.http_connection import HTTPConnection
from onprem.runtime.metrics import Metrics
from onprem.runtime.server import bound_socket
from tests.fakes.context import FakeContext
from tests.service.runtime.certificate import Certificate

BODY = "0123456789abcdefghjkmnpqrs"
REF = BlobRef("acme", f"tr_{BODY}", f"bl_{BODY}")


@dataclass
class ByteServer:
    """A started server; ``closed`` makes the gate refuse, ``asked`` has an entry for each question to it."""

    url: str
    store: FilesystemBlobStore
    context: FakeContext
    host: Host
    closed: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None

    def put_url(self, size: int, *, number: int = 1, lives: int = 60_000) -> SignedUrl:
        expires = self.context.clock.now_ms() + lives
        return self.store.put_url(REF, "parts", number=number, size=size, expires_at=expires, base_url=self.url)

    def get_url(self, version: str) -> str:
        expires = self.context.clock.now_ms() + 60_000
        return self.store.get_url(REF, version, expires_at=expires, base_url=self.url).url

    def sizes(self) -> list[int]:
        return [part.size for part in self.store.parts(REF, "parts")]


@dataclass(frozen=True)
class Patience:
    """The deadlines of a server, in seconds: the runtime's own are too long to wait for."""

    head: float = 20
    stall: float = 120
    idle: float = 60
    ask: float = 10


@contextmanager
def byte_server(
    folder: Path, patience: Patience = Patience(), *, tls: Certificate | None = None
) -> Iterator[ByteServer]:
    """Serve ``folder`` until the block ends; with ``tls`` by https."""
    store = FilesystemBlobStore(str(folder / "blobs"), b"s" * 32)
    store.prepare()
    store.begin(REF, single=False)
    context = FakeContext()
    closed: list[str] = []
    asked: list[str] = []

    def gate(_tenant: str, transfer: str, _method: str) -> None:
        asked.append(transfer)
        if transfer in closed:
            raise Refused("gone", "It is over.")

    settings = Settings(threads=4)
    host = Host(settings=settings, ports=lambda: context, byte_path=lambda: store, gate=gate, metrics=Metrics())
    app = RuntimeASGI(host, {}, ("bytes",))
    assert app._bytes is not None
    app._bytes.ask_seconds, app._bytes.idle_seconds = patience.ask, patience.idle
    try:
        with served(app, patience, tls=tls) as (url, stop):
            yield ByteServer(url, store, context, host, closed, asked, stop)
    finally:
        host.close()


@contextmanager
def served(
    app: RuntimeASGI, patience: Patience = Patience(), *, tls: Certificate | None = None
) -> Iterator[tuple[str, Callable[[], None]]]:
    """The app on a free port, over the runtime's own connections: its address, and what stops it."""
    bound = bound_socket("127.0.0.1", 0)
    connection = type("Connection", (HTTPConnection,), {"head_seconds": patience.head, "stall_seconds": patience.stall})
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    port = listening_port(bound)
    thread.start()
    try:
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{port}", stop
    finally:
        stop()
        thread.join()


def listening_port(bound: socket.socket) -> int:
    """The port that was taken."""
    port: int = bound.getsockname()[1]
    return port
