"""The blob stores under contract: the fake, a directory, and a bucket of moto behind real HTTP. The byte path: a directory."""

import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx

from chalicelib.domain.errors import Refused
from chalicelib.ports.blob_store import BlobStore, SignedUrl
from tests.contract.harness import Registry, Scene

START = 1_782_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"


class BlobSubject:
    """What the suite asks of a store beyond its port: a client's PUT and GET, time, and faults."""

    base_url = "https://files.example.jp"
    part_size = 70_000
    unknown_error: type[Exception] = RuntimeError

    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        return self.time

    def open(self) -> BlobStore:
        """A further instance over the same data."""
        raise AssertionError

    def put(self, signed: SignedUrl, body: bytes) -> None:
        """The client's PUT; raises Refused whatever the reason."""
        raise AssertionError

    def put_and_vanish(self, signed: SignedUrl, body: bytes) -> None:
        """A client that sends half of the body and is gone."""
        raise AssertionError

    def get(self, signed: SignedUrl, first: int = 0, last: int | None = None) -> bytes:
        """The client's GET; raises Refused whatever the reason."""
        raise AssertionError

    def failing(self, kind: str) -> AbstractContextManager[None]:
        """``away``, ``full`` or ``unknown``."""
        raise AssertionError


class FakeSubject(BlobSubject):
    def __init__(self) -> None:
        super().__init__()
        from tests.fakes.blob_store import FakeBlobStore

        self.fake = FakeBlobStore(self.now)

    def open(self) -> BlobStore:
        return self.fake

    def put(self, signed: SignedUrl, body: bytes) -> None:
        self.fake.put(signed, body)

    def put_and_vanish(self, signed: SignedUrl, body: bytes) -> None:
        pass

    def get(self, signed: SignedUrl, first: int = 0, last: int | None = None) -> bytes:
        return self.fake.get(signed, first, last)

    @contextmanager
    def failing(self, kind: str) -> Iterator[None]:
        fake = self.fake
        fake.away, fake.full, fake.failure = kind == "away", kind == "full", None
        if kind == "unknown":
            fake.failure = RuntimeError("unknown")
        yield
        fake.away, fake.full, fake.failure = False, False, None


class FilesystemSubject(BlobSubject):
    """The harness stands where the runtime stands: it checks the address and feeds the sink."""

    unknown_error = NotADirectoryError

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.reserve = 0
        self.store().prepare()

    def store(self) -> Any:
        from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore

        return FilesystemBlobStore(str(self.root), SECRET, reserve=self.reserve)

    def open(self) -> BlobStore:
        store: BlobStore = self.store()
        return store

    def grant(self, signed: SignedUrl) -> Any:
        parts = urlsplit(signed.url)
        return self.store().authorize(signed.method, parts.path, dict(parse_qsl(parts.query)), now=self.time)

    def put(self, signed: SignedUrl, body: bytes) -> None:
        sink = self.store().sink(self.grant(signed))
        for at in range(0, len(body), 40_000):
            sink.write(memoryview(body)[at : at + 40_000])
        sink.commit()

    def put_and_vanish(self, signed: SignedUrl, body: bytes) -> None:
        sink = self.store().sink(self.grant(signed))
        sink.write(body[: len(body) // 2])
        sink.abort()

    def get(self, signed: SignedUrl, first: int = 0, last: int | None = None) -> bytes:
        store, grant = self.store(), self.grant(signed)
        end = store.size(grant) if last is None else last + 1
        found = bytearray()
        for piece in store.slices(grant, start=first, end=end):
            with Path(piece.path).open("rb") as file:
                file.seek(piece.offset)
                found += file.read(piece.length)
        return bytes(found)

    @contextmanager
    def failing(self, kind: str) -> Iterator[None]:
        hidden = self.root.with_name("hidden")
        if kind == "full":
            self.reserve = 2**62
            yield
            self.reserve = 0
            return
        self.root.rename(hidden)
        if kind == "unknown":
            # The marker is there, but a file lies where a tenant's directory should be.
            self.root.mkdir()
            (self.root / ".fumibako-blobs").touch()
            (self.root / "acme").touch()
        yield
        if kind == "unknown":
            for path in (self.root / "acme", self.root / ".fumibako-blobs"):
                path.unlink()
            self.root.rmdir()
        hidden.rename(self.root)


class S3Subject(BlobSubject):
    """A bucket with versions; bytes go by HTTP to moto, whose front checks every signature with botocore."""

    part_size = 5 * 1024 * 1024

    def __init__(self, *, versioned: bool = True) -> None:
        super().__init__()
        from botocore.exceptions import ClientError

        from chalicelib.adapters.s3_client import make_s3_client
        from tests.s3_server import ACCESS_KEY, REGION, SECRET_KEY, s3_server

        self.unknown_error = ClientError
        self.server = s3_server()
        self.server.gate.now = self.now
        self.base_url = self.server.url
        self.bucket = f"blobs-{uuid4().hex[:12]}"
        self.region = REGION
        self.client = make_s3_client(
            region=REGION,
            endpoint_url=self.base_url,
            path_style=True,
            attempts=1,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        self.client.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        if versioned:
            self.client.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def open(self) -> BlobStore:
        from chalicelib.adapters.s3_blob_store import S3BlobStore

        return S3BlobStore(self.client, self.bucket, region=self.region, now=self.now, path_style=True)

    def put(self, signed: SignedUrl, body: bytes) -> None:
        # The body's own length is sent, as a browser does, not the one that was signed.
        headers = {name: value for name, value in signed.headers.items() if name != "content-length"}
        answer = httpx.put(signed.url, content=body, headers=headers, timeout=30)
        if answer.status_code != 200 or not answer.headers.get("etag"):
            raise Refused("s3_refused", str(answer.status_code))

    def put_and_vanish(self, signed: SignedUrl, body: bytes) -> None:
        parts = urlsplit(signed.url)
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
        with closing(socket.create_connection((parts.hostname, parts.port), 10)) as connection:
            connection.sendall(head.encode() + body[: len(body) // 2])
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass

    def get(self, signed: SignedUrl, first: int = 0, last: int | None = None) -> bytes:
        whole = first == 0 and last is None
        headers = dict(signed.headers) | ({} if whole else {"range": f"bytes={first}-{'' if last is None else last}"})
        answer = httpx.get(signed.url, headers=headers, timeout=30)
        if answer.status_code != (200 if whole else 206):
            raise Refused("s3_refused", str(answer.status_code))
        return answer.content

    @contextmanager
    def failing(self, kind: str) -> Iterator[None]:
        self.server.gate.fault = kind
        yield
        self.server.gate.fault = None


@contextmanager
def fake_subject(scene: Scene) -> Iterator[BlobSubject]:
    yield FakeSubject()


@contextmanager
def filesystem_subject(scene: Scene) -> Iterator[BlobSubject]:
    yield FilesystemSubject(scene.tmp_path / "blobs")


@contextmanager
def s3_subject(scene: Scene) -> Iterator[BlobSubject]:
    yield S3Subject()


@contextmanager
def s3_unversioned_subject(scene: Scene) -> Iterator[BlobSubject]:
    yield S3Subject(versioned=False)


def register(registry: Registry) -> None:
    registry.add("blob_store", "fake", fake_subject)
    registry.add("blob_store", "filesystem", filesystem_subject)
    registry.add("blob_store", "s3", s3_subject, group="moto")
    registry.add("blob_store", "s3_unversioned", s3_unversioned_subject, group="moto")
    registry.add("byte_path", "filesystem", filesystem_subject)
