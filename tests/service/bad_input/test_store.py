"""A store that is full or away: said so, nothing half done, and everything as before when it is back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
from chalicelib.bootstrap import blob_folder
from tests.service.bad_input.refusal import check_problem, check_refused
from tests.service.support import parcel
from tests.service.support.cast import FILES, Cast
from tests.service.support.parcel import TRANSFERS
from tests.service.support.people import PASSWORD
from tests.service.support.world import World


@contextmanager
def full(world: World) -> Iterator[None]:
    """A disk whose free bytes are all kept back."""
    ctx = world.ctx
    secret = ctx.keys.mac(b"filesystem", purpose="signed-urls")
    roomy = ctx.filesystem
    tight = FilesystemBlobStore(str(blob_folder(ctx.settings)), secret, reserve=2**62)
    ctx.filesystem = ctx.blobs = tight
    try:
        yield
    finally:
        ctx.filesystem = ctx.blobs = roomy


@contextmanager
def blobs_away(world: World) -> Iterator[None]:
    """A disk that is not mounted: its directory is there and empty."""
    folder = blob_folder(world.settings)
    folder.rename(folder.with_name("elsewhere"))
    folder.mkdir()
    try:
        yield
    finally:
        folder.rmdir()
        folder.with_name("elsewhere").rename(folder)


@contextmanager
def records_away(world: World) -> Iterator[None]:
    """The database's disk is gone."""
    data = world.folder / "data"
    world.ctx.engine.dispose()
    (data / "records.db").rename(data / "records.elsewhere")
    (data / "records.db").mkdir()
    try:
        yield
    finally:
        world.ctx.engine.dispose()
        shutil.rmtree(data / "records.db")
        (data / "records.elsewhere").rename(data / "records.db")


def test_a_full_store_takes_no_transfer_and_no_byte(cast: Cast) -> None:
    made = parcel.create(cast.world, cast.hanako, FILES)
    (upload,) = made.answer["uploads"]
    (content,) = parcel.streams(made).values()
    with full(cast.world):
        check_refused(
            cast,
            lambda h: cast.world.call("POST", TRANSFERS, parcel.announce(FILES), token=cast.hanako, headers=h),
            507,
            "store_full",
        )
        check_refused(cast, lambda h: cast.world.signed(upload, content, h), 507, "store_full")
        # What is there can still be fetched and recalled.
        assert parcel.fetch(cast.world, str(cast.tokens["soto"]), cast.transfers["ready"].id) == FILES
        assert cast.world.call("DELETE", made.path, token=cast.hanako).status == 202


def test_blobs_that_are_away_are_said_to_be_and_nothing_is_written(own: Cast) -> None:
    made = parcel.create(own.world, own.hanako, FILES)
    (upload,) = made.answer["uploads"]
    (content,) = parcel.streams(made).values()
    files = {"files": parcel.records(made)}
    taken = own.world.call("POST", f"{own.transfers['ready'].path}/downloads", {}, token=own.hanako).body["files"][0]
    asked: list[tuple[str, Any]] = [
        ("create", lambda h: own.world.call("POST", TRANSFERS, parcel.announce(FILES), token=own.hanako, headers=h)),
        ("put", lambda h: own.world.signed(upload, content, h)),
        ("get", lambda h: own.world.signed(taken, headers=h)),
        ("name", lambda h: own.world.call("POST", f"{made.path}/files/complete", files, token=own.hanako, headers=h)),
    ]
    before = own.world.dump()
    with blobs_away(own.world):
        for name, ask in asked:
            answer = ask({"accept-language": "ja"})
            check_problem(answer, 503, "store_away", language="ja")
            assert int(answer.headers["retry-after"]) > 0, name
        # Emptiness of a disk that isn't there proves no destruction: it waits until it is back.
        assert own.world.call("DELETE", own.transfers["other"].path, token=own.hanako).status == 202
        own.world.settle()
        assert own.shown("other")["state"] != "destroyed"
    changed = {key for key, value in own.world.dump().items() if key.startswith("blobs|") and before.get(key) != value}
    assert changed == set()
    assert parcel.put_parts(own.world, made)[0].status == 200


def test_records_that_are_away_let_nobody_in_and_lose_nothing(cast: Cast) -> None:
    before = cast.world.dump()
    sign_in = {"email": "hanako@acme.example", "password": PASSWORD, "client": "cli"}
    link = {"token": cast.links["soto"].partition("#")[2]}
    with records_away(cast.world):
        for method, path, body, token in (
            ("GET", "/auth/v1/me", None, cast.hanako),
            ("POST", "/auth/v1/login", sign_in, None),
            ("POST", "/auth/v1/links/look", link, None),
            ("POST", TRANSFERS, parcel.announce(FILES), cast.hanako),
            ("GET", cast.transfers["ready"].path, None, cast.hanako),
            ("DELETE", cast.transfers["ready"].path, None, cast.hanako),
            ("GET", cast.transfers["ready"].path, None, cast.tokens["soto"]),
        ):
            for language in ("en", "ja"):
                answer = cast.world.call(method, path, body, token=token, headers={"accept-language": language})
                check_problem(answer, 503, "store_away", language=language)
                assert int(answer.headers["retry-after"]) > 0
    assert cast.world.dump() == before
    assert cast.world.call("GET", "/auth/v1/me", token=cast.hanako).status == 200


def test_a_quota_that_is_used_up_takes_no_more(own: Cast) -> None:
    body = parcel.announce({"a.bin": b"x" * 1_000})

    def ask(headers: dict[str, str]) -> Any:
        return own.world.call("POST", TRANSFERS, body, token=own.hanako, headers=headers)

    own.world.tenant(quota_bytes=1_000)
    check_refused(own, ask, 507, "quota_full")
    own.world.tenant(quota_bytes=2**50, quota_transfers_per_day=1)
    check_refused(own, ask, 429, "quota_exceeded")
