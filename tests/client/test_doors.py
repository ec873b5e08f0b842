"""The library over a real server, by both doors: the same methods, the same results."""

import asyncio
import hashlib
import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fumibako import AsyncFumibako, Fumibako, IntegrityFailed, NotFound, UsageError

from tests.client.both import DOORS, done, items, told, told_by_guest
from tests.e2e.support.company import Company, company, someone

__all__ = ["company"]
pytestmark = pytest.mark.slow
MIB = 1 << 20


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path / "home"))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_both_doors_have_the_same_methods_with_the_same_words() -> None:
    def public(door: type) -> set[str]:
        return {name for name in vars(door) if not name.startswith("_")}

    assert public(Fumibako) == public(AsyncFumibako)
    for name in public(Fumibako) - {"close", "from_link", "from_key_file"}:
        assert getattr(Fumibako, name).__wrapped__ is getattr(AsyncFumibako, name).__wrapped__


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
def test_files_go_out_and_come_back(company: Company, tmp_path: Path, door: str, transfer_class: str) -> None:
    (tmp_path / "folder").mkdir()
    large, small = os.urandom(21 * MIB + 5), b"a letter"
    (tmp_path / "folder/large.bin").write_bytes(large)
    (tmp_path / "folder/small.txt").write_bytes(small)
    to = someone()

    async def story(me: Any) -> None:
        sent = await done(me.send(tmp_path / "folder", to=[to], transfer_class=transfer_class, hold_minutes=0))
        assert (sent.transfer.files, sent.resumed, sent.link_key is not None) == (2, False, transfer_class == "sealed")
        ready = await done(me.wait(sent.id, until="ready", seconds=60))
        assert (ready.state, [one.email for one in ready.recipients]) == ("ready", [to])
        assert [one.state for one in await done(me.files(sent.id))] == ["stored", "stored"]
        fetched = await done(me.get(sent.id, tmp_path / "in", parallel=3))
        assert {one.path.name: one.sha256 for one in fetched} == {
            "large.bin": sha256(large),
            "small.txt": sha256(small),
        }
        again = await done(me.get(sent.id, tmp_path / "in"))
        assert [one.path for one in again] == [one.path for one in fetched]
        assert sent.id in {one.id for one in await done(me.list(limit=200))}
        assert len(await done(me.links(sent.id))) == 1
        assert (await done(me.recall(sent.id))).reason == "revoked"

    told(door, company.url, company.token, story)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
@pytest.mark.parametrize("size", [0, 5, 16 * MIB - 40, 16 * MIB, 33 * MIB + 7])
def test_a_stream_of_unknown_size(company: Company, door: str, transfer_class: str, size: int) -> None:
    if (size, transfer_class) == (0, "plain"):
        size = 1
    content = os.urandom(size)

    async def story(me: Any) -> None:
        how = {"name": "dump.bin", "to": [someone()], "transfer_class": transfer_class, "hold_minutes": 0}
        sent = await done(me.send_from(io.BytesIO(content), **how))
        out = io.BytesIO()
        await done(me.wait(sent.id, until="ready", seconds=60))
        streamed = await done(me.get_to(out, sent.id, key=sent.link_key))
        assert (streamed.name, streamed.size, streamed.sha256) == ("dump.bin", size, sha256(content))
        assert out.getvalue() == content

    told(door, company.url, company.token, story)


@pytest.mark.parametrize("door", DOORS)
def test_a_stream_that_breaks_leaves_no_transfer(company: Company, tmp_path: Path, door: str) -> None:
    class Broken:
        left = 3

        def read(self, count: int) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise OSError("the pipe broke")
            return bytes(count)

    async def story(me: Any) -> None:
        before = {one.id for one in await done(me.list(state="uploading", limit=200))}
        with pytest.raises(OSError, match="the pipe broke"):
            await done(me.send_from(Broken(), name="x", to=[someone()]))
        assert {one.id for one in await done(me.list(state="uploading", limit=200))} <= before

    told(door, company.url, company.token, story)
    assert list((tmp_path / "home/state/fumibako/uploads").iterdir()) == []


@pytest.mark.parametrize("door", DOORS)
def test_a_guest_fetches_by_a_code(company: Company, tmp_path: Path, door: str) -> None:
    (tmp_path / "f.txt").write_text("for a guest")
    to = someone()

    async def sending(me: Any) -> None:
        await done(me.send([tmp_path / "f.txt"], to=[to], hold_minutes=0, proof="code", expires_in=timedelta(days=1)))

    told(door, company.url, company.token, sending)
    link = company.link_for(to)

    async def fetching(guest: Any) -> None:
        assert (await done(guest.me())).kind == "guest"
        [file] = await done(guest.get(folder=tmp_path / "in"))
        assert file.path.read_text() == "for a guest"

    told_by_guest(door, link, fetching, code=lambda _: company.code_for(to))
    told_by_guest(door, link, fetching)  # the session of the first time holds, and what it brought is there


@pytest.mark.parametrize("door", DOORS)
def test_requests_events_and_refusals(company: Company, tmp_path: Path, door: str) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")

    async def story(me: Any) -> None:
        assert (await done(me.me())).kind == "member"
        made = await done(me.create_request("Plans, please", max_files=3, expires_in_minutes=600))
        assert (made.state, made.max_files, made.url is not None) == ("open", 3, True)
        assert made.id in {one.id for one in await done(me.list_requests(limit=200))}
        assert (await done(me.show_request(made.id))).title == "Plans, please"
        assert (await done(me.close_request(made.id))).state == "closed"
        with pytest.raises(NotFound):
            await done(me.show("tr_" + "0" * 26))
        with pytest.raises(UsageError, match="id"):
            await done(me.show("../../x"))
        sent = await done(me.send([tmp_path / "a", tmp_path / "b"], to=[someone()], hold_minutes=0))
        await done(me.wait(sent.id, seconds=60))
        with pytest.raises(UsageError) as caught:
            await done(me.get_to(io.BytesIO(), sent.id))
        assert caught.value.code == "several_files"
        with pytest.raises(IntegrityFailed):
            await done(me.get(sent.id, tmp_path / "in", key="A" * 43))

    told(door, company.url, company.token, story)


@pytest.mark.parametrize("door", DOORS)
def test_what_happened_can_be_read(company: Company, door: str) -> None:
    token = company.api().account.credentials.access_token

    async def story(me: Any) -> None:
        found = await items(me.events())
        assert found
        assert all(one.raw["specversion"] == "1.0" for one in found)
        assert len({one.id for one in found}) == len(found)

    told(door, company.url, token, story)


@pytest.mark.parametrize("door", DOORS)
def test_a_program_signs_in_by_its_key_file(company: Company, tmp_path: Path, door: str) -> None:
    made = company.api().post("/auth/v1/service-accounts", {"name": "robot", "scopes": ["transfers:read"]})
    key = {"url": company.url, "client_id": made["client_id"], "client_secret": made["client_secret"]}
    (tmp_path / "key.json").write_text(json.dumps(key))
    if door == "blocking":
        with Fumibako.from_key_file(tmp_path / "key.json") as blocking:
            assert blocking.me().kind == "service"
        return

    async def story() -> None:
        async with AsyncFumibako.from_key_file(tmp_path / "key.json") as me:
            assert (await me.me()).kind == "service"

    asyncio.run(story())
