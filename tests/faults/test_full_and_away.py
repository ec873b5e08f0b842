"""Stores that are full or away under a running install: nothing acknowledged is lost, what can't be done is said, and all goes on later."""

import hashlib
import random
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.support.install import Install, answers
from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.lined_install import LinedInstall
from tests.faults.seeded import MIB
from tests.faults.small_disk import small_disk

FULL = 8
TRANSFERS = "/transfers/v1/transfers"
pytestmark = [pytest.mark.slow, pytest.mark.root]


def make_source(folder: Path, size: int) -> Path:
    source = folder / "source.bin"
    source.write_bytes(random.Random(size).randbytes(size))
    return source


def require_delivered(install: Install, source: Path, address: str) -> None:
    """The guest gets exactly what was sent."""
    out = install.folder / "out"
    [got] = install.guest().json("get", install.link_for(address), "-o", str(out))["files"]
    assert got["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()


def to(address: str) -> tuple[str, ...]:
    return ("--to", address, "--hold", "0", "--expires", "1h", "--proof", "link")


def test_a_disk_that_fills_during_an_upload_is_said_and_the_upload_goes_on_later(tmp_path: Path) -> None:
    with (
        small_disk(tmp_path / "blobs", 150) as disk,
        LinedInstall(tmp_path, BLOB_DIR=str(tmp_path / "blobs")) as install,
    ):
        install.init()
        install.serve()
        member = install.member()
        source = make_source(tmp_path, 100 * MIB)
        command = member.start("send", str(source), *to("g@partner.example"), "--parallel", "1")
        wait_for(lambda: install.acks.parts, "the first part is in", pause=0.002)
        disk.fill()
        _, error = command.communicate(timeout=120)
        assert (command.returncode, "store_full" in error) == (FULL, True), error
        acks = install.acks
        [transfer] = acks.created
        assert not acks.completed
        judge.require_parts_listed(install.api(), acks, transfer)
        assert not list((tmp_path / "blobs").rglob("t.*")), "nothing of the part that found no room is left"
        disk.free()
        sent = member.json("send", str(source), *to("g@partner.example"), "--parallel", "1")
        assert (sent["id"], sent["resumed"]) == (transfer, True)
        require_delivered(install, source, "g@partner.example")


def test_a_database_without_room_refuses_writes_and_still_reads(tmp_path: Path) -> None:
    with small_disk(tmp_path / "data", 64) as disk, Install(tmp_path) as install:
        install.init()
        install.serve()
        member, api = install.member(), install.api()
        (tmp_path / "f").write_bytes(b"before")
        before = member.json("send", str(tmp_path / "f"), *to("before@partner.example"))["id"]
        judge.wait_for_state(api, before, ("ready",), seconds=60)
        body = {"class": "managed", "files": [{"name": "f", "size": 5}], "recipients": [{"email": "n@partner.example"}]}
        headers = {"Authorization": f"Bearer {api.credentials.access_token}", "Idempotency-Key": "full"}
        disk.fill()
        refused = install.http().post(install.url + TRANSFERS, json=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (507, "store_full")
        # More than the slice of the rate limit that the process had borrowed (chalicelib/use_cases/rate_limit.py).
        for _ in range(50):
            assert api.get(f"{TRANSFERS}/{before}")["state"] == "ready"
        disk.free()
        created = install.http().post(install.url + TRANSFERS, json=body, headers=headers)
        assert created.status_code == 201, created.text
        listed = [one["id"] for one in api.get(TRANSFERS, box="sent")["items"]]
        assert sorted(listed) == sorted([before, created.json()["id"]]), "the refused call left nothing behind"


def test_a_blob_store_that_is_away_is_waited_for(tmp_path: Path) -> None:
    blobs, aside = tmp_path / "blobs", tmp_path / "unmounted"
    with LinedInstall(tmp_path, BLOB_DIR=str(blobs)) as install:
        install.init()
        install.serve()
        member = install.member()
        source = make_source(tmp_path, 120 * MIB)
        command = member.start("send", str(source), *to("g@partner.example"))
        wait_for(lambda: install.acks.parts, "the first part is in", pause=0.002)
        blobs.rename(aside)
        try:
            wait_for(lambda: not answers(install.url + "/readyz"), "readiness says so", seconds=30)
        finally:
            aside.rename(blobs)
        _, error = command.communicate(timeout=120)
        assert command.returncode == 0, error
        require_delivered(install, source, "g@partner.example")


def test_a_clock_behind_what_the_install_has_seen_opens_nothing_again(tmp_path: Path) -> None:
    """A host whose clock was stepped back: the mark in the store is ahead of it, and the mark counts."""
    from chalicelib.adapters.system_clock import MARK
    from chalicelib.ports.record_store import ANY, Put
    from tests.faults.expiring import stores_of

    day_ahead = int((time.time() + 86_400) * 1000)
    with Install(tmp_path) as install:
        install.init()
        runtime = install.serve()
        (tmp_path / "f").write_bytes(b"expired a while ago")
        install.member().json("send", str(tmp_path / "f"), *to("g@partner.example"))
        link = install.link_for("g@partner.example")
        assert runtime.stop() == 0
        stores_of(install).records.transact([Put(MARK, {"at": day_ahead}, ANY)])
        install.serve(SCHEDULE_SECONDS="3600")
        ended = install.guest().attempt("get", link, "-o", str(tmp_path / "out"))
        assert (ended.returncode, (tmp_path / "out").exists()) == (5, False), ended.stderr
        token = link.partition("#")[2]
        look = httpx.post(f"{install.url}/auth/v1/links/look", json={"token": token}, timeout=30)
        assert (look.status_code, look.json()["code"]) == (410, "gone")
        said = install.command("check")
        assert said.returncode == 1
        assert "behind the time this install has already seen" in said.stdout
