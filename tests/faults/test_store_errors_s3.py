"""S3 in trouble under its adapter: errors, silence, cut and shortened answers, from moto behind a line. What the adapter says is true, or it says
StoreAway; and asked again once the trouble is over, all comes to the same end."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from botocore.config import Config

from chalicelib.adapters import s3_blob_store, s3_client
from chalicelib.adapters.s3_blob_store import S3BlobStore
from chalicelib.adapters.s3_client import make_s3_client
from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.ports.blob_store import BlobRef, StoredBlob
from tests.e2e.support.ports import reserved_port
from tests.faults.line.acts import Act, Cut, Exchange, Silence
from tests.faults.line.line import Fair, Line
from tests.faults.seeded import MIB, rounds_of, seed_of_run
from tests.faults.strikes import ERRORS, Strikes
from tests.faults.tally import Record, Tally
from tests.s3_server import ACCESS_KEY, REGION, SECRET_KEY, s3_server

pytestmark = pytest.mark.slow
T = TypeVar("T")
DAY = 86_400_000
PART = 5 * MIB
# The product waits 30 s for an answer of S3.
READ_SECONDS = 1.0


def trouble(chance: random.Random, exchange: Exchange) -> Act:
    """As ``strikes.store_error``, without the page that only a portal would give to S3."""
    kind = chance.random()
    if kind < 0.6:
        return chance.choice([one for one in ERRORS if one.status >= 500])
    if kind < 0.7:
        return Silence(chance.choice((0.1, 1.5 * READ_SECONDS)))
    asks_bytes = exchange.method == "GET" and exchange.length
    if asks_bytes:
        return Cut("answer", chance.randrange(exchange.length), reset=chance.random() < 0.5)
    return Cut("unheard", reset=chance.random() < 0.5)


class Impatient(Config):  # type: ignore[misc]  # botocore ships no types
    """The client's configuration, with a shorter wait."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "read_timeout": READ_SECONDS})


class Bucket:
    """One bucket behind a line, and its adapter with the product's own number of attempts."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.name = f"faults-{uuid4().hex[:12]}"
        self.url = f"http://127.0.0.1:{line.port}"
        patient = self._client()
        patient.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})
        patient.put_bucket_versioning(Bucket=self.name, VersioningConfiguration={"Status": "Enabled"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(s3_client, "Config", Impatient)
            client = self._client()
        self.store = S3BlobStore(client, self.name, region=REGION, now=lambda: 0, path_style=True)

    def _client(self) -> Any:
        return make_s3_client(
            region=REGION,
            endpoint_url=self.url,
            path_style=True,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )


@contextmanager
def bucket() -> Iterator[Bucket]:
    server = s3_server()
    server.gate.now = lambda: 0
    with Line(reserved_port(), urlsplit(server.url).port or 0) as line:
        yield Bucket(line)


def insist(call: Callable[[], T]) -> T:
    """What a worker does with StoreAway: the same again later."""
    for _ in range(20):
        try:
            return call()
        except StoreAway:
            continue
    raise AssertionError("away for good, though only a few calls were struck")


def play(world: Bucket, number: int, chance: random.Random, weather: Strikes) -> int:
    """begin, parts, complete, read, destroy; gives how many calls were struck."""
    store, ref = world.store, BlobRef("acme", f"tr_{number:026d}", f"bl_{number:026d}")
    sizes = [PART, chance.randrange(1, MIB)] if chance.random() < 0.5 else [chance.randrange(1, MIB)]
    bodies = [chance.randbytes(size) for size in sizes]
    world.line.weather = weather
    try:
        upload = insist(lambda: store.begin(ref, single=len(sizes) == 1))
        for place, body in enumerate(bodies, 1):
            signed = store.put_url(
                ref,
                upload,
                number=place,
                size=len(body),
                expires_at=DAY,
                base_url=f"http://127.0.0.1:{world.line.port}",
            )
            headers = {name: value for name, value in signed.headers.items() if name != "content-length"}
            assert httpx.put(signed.url, content=body, headers=headers, timeout=30).status_code == 200
        held = insist(lambda: store.parts(ref, upload))
        assert [one.size for one in held] == sizes, "the list is short of a part that is there"
        stored: StoredBlob = insist(lambda: store.complete(ref, upload, sizes=sizes))
        assert insist(lambda: store.complete(ref, upload, sizes=sizes)).version == stored.version
        offset = chance.randrange(sum(sizes))
        length = chance.randrange(1, sum(sizes) - offset + 1)
        read = insist(lambda: b"".join(store.read(ref, stored.version, offset=offset, length=length)))
        assert read == b"".join(bodies)[offset : offset + length], "other bytes than were stored"
        insist(lambda: store.destroy("acme", ref.transfer))
        assert insist(lambda: store.remaining("acme", ref.transfer)) == [], "something is left"
        with pytest.raises((NotFound, Refused)):
            insist(lambda: b"".join(store.read(ref, stored.version, offset=0, length=1)))
        return weather.met
    finally:
        world.line.weather = Fair()


def _not_put(exchange: Exchange) -> bool:
    # Bytes go past the adapter; who sends them has test_store_errors.py.
    return not (exchange.method == "PUT" and "X-Amz-Signature" in exchange.path)


def test_what_the_adapter_says_of_s3_in_trouble_is_true(record_property: Record) -> None:
    tally = Tally("S3 errors", seed_of_run(), record_property)
    with bucket() as world:
        for number in range(rounds_of(0.4)):
            with tally.round(number):
                chance = random.Random(f"{tally.seed}/s3/{number}")
                weather = Strikes(chance, trouble, among=12, most=5, concerns=_not_put)
                tally.met += play(world, number, chance, weather)
    tally.conclude()


def test_an_adapter_that_takes_a_short_answer_for_whole_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: the body ends early and nobody counts."""

    def believing(body: Any, length: int) -> Iterator[bytes]:
        raw = body._raw_stream
        raw.enforce_content_length = False
        yield raw.read(length)

    def half(chance: random.Random, exchange: Exchange) -> Act:
        return Cut("answer", exchange.length // 2, reset=False)

    monkeypatch.setattr(s3_blob_store, "_chunks", believing)
    chance = random.Random(1)
    with bucket() as world:
        weather = Strikes(chance, half, among=1, concerns=lambda one: one.method == "GET" and one.length > 0)
        with pytest.raises(AssertionError, match="other bytes than were stored"):
            play(world, 0, chance, weather)
