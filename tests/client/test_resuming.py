"""What a cut leaves, and what the same call makes of it."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest
from fumibako.downloads.get import GetOptions, Getter
from fumibako.downloads.get_zip import GettingZip, ZipOptions
from fumibako.driving import run
from fumibako.errors import UsageError
from fumibako.http import Api, open_pool
from fumibako.progress import Silent
from fumibako.uploads.local_files import collect
from fumibako.uploads.send import SendOptions, Sent, send

from tests.e2e.support.company import Company, company, someone

__all__ = ["company"]
pytestmark = pytest.mark.slow
MIB = 1 << 20


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path / "home"))


@pytest.fixture
def api(company: Company) -> Api:
    return company.api()


def options(to: str, transfer_class: str = "managed") -> SendOptions:
    return SendOptions({"recipients": [{"email": to}], "source": "api", "hold_minutes": 0}, transfer_class)


def sent_again(api: Api, path: Path, how: SendOptions) -> Sent:
    return send(api, collect([path]), how)


class Cut:
    """Ends a send after so many parts, as Ctrl-C does."""

    def __init__(self, parts: int) -> None:
        self._left = parts

    def add(self, count: int) -> None:
        self._left -= count > 0
        if self._left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("transfer_class", ["managed", "sealed"])
def test_killed_after_the_last_answer_the_same_command_finds_it_done(
    api: Api, tmp_path: Path, transfer_class: str
) -> None:
    (tmp_path / "f").write_bytes(os.urandom(MIB))
    how = options(someone(), transfer_class)
    first = sent_again(api, tmp_path / "f", how)  # and nobody was told
    again = sent_again(api, tmp_path / "f", how)
    assert (again.transfer["id"], again.earlier, again.sent_bytes) == (first.transfer["id"], True, 0)
    assert again.link_key == first.link_key
    again.told()
    new = sent_again(api, tmp_path / "f", how)
    assert (new.transfer["id"] != first.transfer["id"], new.earlier, new.resumed) == (True, False, False)
    new.told()
    assert list((tmp_path / "home/state/fumibako/uploads").iterdir()) == []


def test_what_was_done_but_is_another_file_now_is_sent(api: Api, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"one")
    how = options(someone())
    first = sent_again(api, tmp_path / "f", how)
    (tmp_path / "f").write_bytes(b"two")
    os.utime(tmp_path / "f", ns=(0, 10**18))
    second = sent_again(api, tmp_path / "f", how)
    assert (second.transfer["id"] != first.transfer["id"], second.earlier) == (True, False)


def test_what_was_done_and_recalled_is_sent_anew(api: Api, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"one")
    how = options(someone())
    first = sent_again(api, tmp_path / "f", how)
    api.delete(f"/transfers/v1/transfers/{first.transfer['id']}")
    second = sent_again(api, tmp_path / "f", how)
    assert (second.transfer["id"] != first.transfer["id"], second.earlier) == (True, False)


@pytest.mark.parametrize("transfer_class", ["managed", "plain"])
def test_a_file_that_changed_takes_its_half_transfer_back(api: Api, tmp_path: Path, transfer_class: str) -> None:
    (tmp_path / "f").write_bytes(os.urandom(70 * MIB))
    how = options(someone(), transfer_class)
    with pytest.raises(KeyboardInterrupt):
        send(api, collect([tmp_path / "f"]), how, progress=Cut(2))
    status = (tmp_path / "f").stat()
    half = {one["id"] for one in api.get("/transfers/v1/transfers", state="uploading", limit=200)["items"]}
    with (tmp_path / "f").open("r+b") as stream:
        stream.seek(9)
        stream.write(b"another")
    os.utime(tmp_path / "f", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(UsageError) as caught:
        sent_again(api, tmp_path / "f", how)
    assert caught.value.code == "file_changed"
    left = {one["id"] for one in api.get("/transfers/v1/transfers", state="uploading", limit=200)["items"]}
    assert len(half - left) == 1
    assert not sent_again(api, tmp_path / "f", how).resumed


def test_a_cut_send_sends_only_what_is_missing(api: Api, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(130 * MIB))
    how = options(someone())
    with pytest.raises(KeyboardInterrupt):
        send(api, collect([tmp_path / "f"]), how, progress=Cut(4))
    again = sent_again(api, tmp_path / "f", how)
    assert again.resumed
    assert again.sent_bytes <= 130 * MIB - 3 * 16 * MIB


@pytest.mark.parametrize("cut", [0, 1, 2])
def test_a_folder_cut_while_it_was_still_announced_goes_on(api: Api, tmp_path: Path, cut: int) -> None:
    (tmp_path / "d").mkdir()
    for number in range(1_203):
        (tmp_path / "d" / f"{number:04}").write_text(f"{number}" * (number % 5))
    how = options(someone())
    with pytest.raises(KeyboardInterrupt):
        send(api, collect([tmp_path / "d"]), how, progress=Cut(cut))
    again = sent_again(api, tmp_path / "d", how)
    again.told()
    assert again.resumed
    company_ready(api, again.transfer["id"])
    transfer = api.get(f"/transfers/v1/transfers/{again.transfer['id']}")
    fetched = Getter(api, transfer, [], GetOptions(tmp_path / "in")).run(Silent())
    assert len(fetched) == 1_203
    assert all(one.path.read_bytes() == (tmp_path / "d" / one.path.name).read_bytes() for one in fetched)


def test_a_plain_folder_cut_between_two_files_goes_on(api: Api, company: Company, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in ("a", "b"):
        (tmp_path / "d" / name).write_bytes(os.urandom(9 * MIB))
    sent = sent_again(api, tmp_path / "d", options(someone(), "plain"))
    transfer = api.get(f"/transfers/v1/transfers/{sent.transfer['id']}")
    company_ready(api, transfer["id"])

    def getter() -> Getter:
        mine = Api(api.credentials, open_pool())
        return Getter(mine, transfer, [], GetOptions(tmp_path / "in", parallel=1))

    with pytest.raises(KeyboardInterrupt):
        getter().run(Cut(2))
    assert sorted(p.name for p in (tmp_path / "in/d").iterdir() if not p.name.startswith(".")) == ["a"]
    fetched = getter().run(Silent())
    assert [one.path.read_bytes() for one in fetched] == [(tmp_path / "d" / n).read_bytes() for n in ("a", "b")]


@pytest.mark.parametrize("transfer_class", ["managed", "plain"])
def test_a_zip_that_was_cut_goes_on(api: Api, tmp_path: Path, transfer_class: str) -> None:
    (tmp_path / "d").mkdir()
    for number in range(30):
        (tmp_path / "d" / f"small{number:02}").write_bytes(os.urandom(number * 100))
    for name in ("large1", "large2"):
        (tmp_path / "d" / name).write_bytes(os.urandom(9 * MIB + 1))
    sent = sent_again(api, tmp_path / "d", options(someone(), transfer_class))
    transfer = api.get(f"/transfers/v1/transfers/{sent.transfer['id']}")
    company_ready(api, transfer["id"])

    def getting() -> GettingZip:
        mine = Api(api.credentials, open_pool())
        return GettingZip(mine.account, transfer, [], ZipOptions(tmp_path / "in" / "d.zip", parallel=1))

    with pytest.raises(KeyboardInterrupt):
        run(getting().run(Cut(31)))
    assert not (tmp_path / "in" / "d.zip").exists()
    fetched = run(getting().run(Silent()))
    with zipfile.ZipFile(tmp_path / "in" / "d.zip") as opened:
        contents = {one: opened.read(one) for one in opened.namelist()}
    assert contents == {f"d/{one.name}": one.read_bytes() for one in (tmp_path / "d").iterdir()}
    assert {str(one.path): one.sha256 for one in fetched} == {
        name: hashlib.sha256(content).hexdigest() for name, content in contents.items()
    }
    assert [one.name for one in (tmp_path / "in").iterdir()] == ["d.zip"]


def company_ready(api: Api, transfer: str) -> None:
    from tests.e2e.support.waiting import wait_for

    wait_for(lambda: api.get(f"/transfers/v1/transfers/{transfer}")["state"] == "ready", "it is ready")


def test_a_stream_that_was_killed_is_recalled_by_the_next(api: Api, company: Company, tmp_path: Path) -> None:
    import io

    from fumibako import Fumibako
    from fumibako.uploads.journal import Journal, journal_path

    file = {"size": None, "name": "killed.bin"}
    body = {"class": "managed", "files": [file], "recipients": [{"email": someone()}], "source": "api"}
    left = api.post("/transfers/v1/transfers", body)
    journal = Journal(journal_path("stream-0123456789abcdef"))
    journal.write({"k": "created", "answer": {"id": left["id"], "files": left["files"]}})
    journal.close()
    with Fumibako(company.url, company.token) as me:
        sent = me.send_from(io.BytesIO(b"new"), name="new.bin", to=[someone()])
        assert me.show(left["id"]).state in ("closed", "destroying", "destroyed")
        assert me.show(sent.id).state != "closed"
    assert list((tmp_path / "home/state/fumibako/uploads").iterdir()) == []
