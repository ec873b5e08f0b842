"""The compatible download and the pages without script over a real runtime: curl on one side, separate processes on the other."""

import hashlib
import os
import re
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.guest import BareGuest
from tests.e2e.support.runtime import peak_memory
from tests.e2e.support.waiting import wait_for

__all__ = ["company"]
MIB = 1 << 20


class Taker(BareGuest):
    """A guest whose browser can't open files itself."""

    def address(self, files: list[str]) -> dict[str, Any]:
        path = f"{self._base}/downloads/{self.session}/addresses"
        return self._asked("POST", path, {"files": files}, expect=201)

    def refusal(self, files: list[str], *, session: str = "", base: str = "") -> tuple[int, str]:
        answer = self._request(
            "POST", f"{base or self._base}/downloads/{session or self.session}/addresses", {"files": files}
        )
        return answer.status_code, answer.json()["code"]

    @property
    def base(self) -> str:
        return self._base


def sent(company: Company, folder: Path, contents: dict[str, bytes], *how: str) -> tuple[dict[str, Any], Taker]:
    """A transfer and its guest, with a download session of all its files."""
    source = folder / "out"
    for name, content in contents.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    transfer, link = company.sent(company.staff(folder), *(str(source / name) for name in contents), *how)
    taker = Taker(company.url, link, company.http())
    taker.begin()
    return transfer, taker


def ids(taker: Taker) -> list[str]:
    answer = taker._asked("GET", f"{taker.base}/files", expect=200)
    return [one["id"] for one in answer["items"]]


def curl(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, text=True, timeout=60)


@pytest.fixture
def content() -> bytes:
    return os.urandom(9 * MIB + 321)


def test_curl_takes_a_file_breaks_off_and_goes_on(company: Company, tmp_path: Path, content: bytes) -> None:
    _, taker = sent(company, tmp_path, {"図面.bin": content})
    told = taker.address(ids(taker))
    assert (told["name"], told["length"]) == ("図面.bin", len(content))
    head = curl("-I", told["url"])
    assert f"content-length: {len(content)}" in head.stdout.lower()
    first = curl("-f", "--range", f"0-{4 * MIB}", "-o", str(tmp_path / "got"), told["url"])
    rest = curl("-f", "-C", "-", "-o", str(tmp_path / "got"), told["url"])
    assert (first.returncode, rest.returncode) == (0, 0), rest.stderr
    assert (tmp_path / "got").read_bytes() == content
    etag = re.findall(r'etag: ("[0-9a-f]+")', head.stdout.lower())[0]
    fresh = curl("-f", "-r", "5-9", "-H", 'If-Range: "changed"', "-w", "%{http_code}", "-o", "/dev/null", told["url"])
    same = curl("-f", "-r", "5-9", "-H", f"If-Range: {etag}", "-w", "%{http_code}", "-o", "/dev/null", told["url"])
    assert (fresh.stdout, same.stdout) == ("200", "206")


def test_all_files_come_as_a_zip_that_programs_open(company: Company, tmp_path: Path, content: bytes) -> None:
    contents = {"見積書.txt": b"one", "large.bin": content, "empty": b""}
    _, taker = sent(company, tmp_path, contents)
    told = taker.address(ids(taker))
    path = tmp_path / "all.zip"
    assert curl("-f", "-o", str(path), told["url"]).returncode == 0
    assert path.stat().st_size == told["length"]
    with zipfile.ZipFile(path) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == contents
    for command in (["unzip", "-tq"], ["7z", "t", "-y"], ["bsdtar", "-tf"]):
        ended = subprocess.run([*command, str(path)], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_what_was_sent_is_told_to_sender_and_audit(company: Company, tmp_path: Path) -> None:
    transfer, taker = sent(company, tmp_path, {"a.txt": b"abc"})
    assert httpx.get(taker.address(ids(taker))["url"]).content == b"abc"
    api = company.api()

    def recipient() -> str:
        return str(api.get(f"/transfers/v1/transfers/{transfer['id']}")["recipients"][0]["state"])

    wait_for(lambda: recipient() == "downloaded", "the sender is told")

    def events() -> list[dict[str, Any]]:
        found = api.get("/reporting/v1/events?limit=200")["items"]
        return [one for one in found if one["subject"] == transfer["id"]]

    kinds = ["com.fumibako.download.opened.v1", "com.fumibako.download.completed.v1"]
    wait_for(lambda: {one["type"] for one in events()} >= set(kinds), "the audit is told")
    data = {one["type"]: one["data"] for one in events()}
    assert data[kinds[0]]["file_ids"] == ids(taker)
    assert data[kinds[1]]["told_by"] == "server"


def test_who_gets_no_address(company: Company, tmp_path: Path) -> None:
    _, taker = sent(company, tmp_path, {"a.txt": b"abc"})
    _, other = sent(company, tmp_path / "other", {"b.txt": b"abc"})
    _, sealed = sent(company, tmp_path / "sealed", {"c.txt": b"abc"}, "--class", "sealed")
    mine = ids(taker)
    assert other.refusal(mine) == (404, "not_found")
    assert other.refusal(mine, session=taker.session) == (404, "not_found")
    assert other.refusal(mine, session=taker.session, base=taker.base) == (404, "not_found")
    assert sealed.refusal(ids(sealed)) == (409, "sealed_unopenable")
    taker._request("POST", f"{taker.base}/downloads/{taker.session}/complete", {})
    assert taker.refusal(mine) == (409, "download_over")


def test_an_address_ends_with_its_session(company: Company, tmp_path: Path) -> None:
    _, taker = sent(company, tmp_path, {"a.txt": b"abc"})
    url = taker.address(ids(taker))["url"]
    taker._request("POST", f"{taker.base}/downloads/{taker.session}/complete", {})
    answer = httpx.get(url)
    assert (answer.status_code, answer.json()["code"]) == (410, "address_over")


def test_the_tenants_rule_ends_addresses_too(company: Company, tmp_path: Path) -> None:
    _, taker = sent(company, tmp_path, {"a.txt": b"abc"})
    url, api = taker.address(ids(taker))["url"], company.api()
    tenant = api.get("/auth/v1/tenant")
    tenant = api.patch("/auth/v1/tenant", {"compatible_downloads": "block"}, version=tenant["version"])
    try:
        assert taker.refusal(ids(taker)) == (403, "compatible_not_allowed")
        assert httpx.get(url).json()["code"] == "compatible_not_allowed"
    finally:
        api.patch("/auth/v1/tenant", {"compatible_downloads": "allow"}, version=tenant["version"])


def slow_bytes(url: str, *, started: threading.Event, go_on: threading.Event) -> tuple[int, bool]:
    """How many bytes came, and whether the end was broken; waits after the first of them."""
    count = 0
    try:
        with httpx.stream("GET", url) as answer:
            for chunk in answer.iter_raw(65_536):
                count += len(chunk)
                started.set()
                go_on.wait(60)
    except httpx.HTTPError:
        return count, True
    return count, False


def test_recall_cuts_what_is_under_way_and_410_follows(company: Company, tmp_path: Path) -> None:
    size = 40 * MIB
    transfer, taker = sent(company, tmp_path, {"a.bin": bytes(size)})
    url = taker.address(ids(taker))["url"]
    started, go_on = threading.Event(), threading.Event()
    ended: list[tuple[int, bool]] = []
    reader = threading.Thread(target=lambda: ended.append(slow_bytes(url, started=started, go_on=go_on)))
    reader.start()
    assert started.wait(30)
    company.api().delete(f"/transfers/v1/transfers/{transfer['id']}")
    answer = wait_for(lambda: one if (one := httpx.get(url)).status_code == 410 else None, "410")
    assert answer.json()["code"] == "gone"
    wait_for(lambda: "stream cut" in logs(company), "the runtime cut it")
    go_on.set()
    reader.join(60)
    assert ended[0][1]
    assert ended[0][0] < size


def logs(company: Company) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in company.folder.glob("*.log"))


def test_a_flipped_bit_cuts_and_never_gives_the_wrong_byte(company: Company, tmp_path: Path, content: bytes) -> None:
    transfer, taker = sent(company, tmp_path, {"a.bin": content})
    [stored] = [
        path
        for path in (company.data / "blobs").rglob("*")
        if path.is_file() and transfer["id"] in str(path) and path.stat().st_size > MIB
    ]
    with stored.open("r+b") as file:
        file.seek(5 * MIB + 99)
        byte = file.read(1)[0]
        file.seek(5 * MIB + 99)
        file.write(bytes([byte ^ 4]))
    target = tmp_path / "got"
    ended = curl("-f", "-o", str(target), taker.address(ids(taker))["url"])
    assert ended.returncode == 18, ended.stderr  # CURLE_PARTIAL_FILE
    got = target.read_bytes()
    assert len(got) < 5 * MIB + MIB
    assert content.startswith(got)


def test_plain_links_work_without_script_and_with_the_command_line(company: Company, tmp_path: Path) -> None:
    source = tmp_path / "見積書.csv"
    source.write_bytes(b"a,b\n1,2\n")
    to = someone()
    how = ("--class", "plain", "--hold", "0", "--proof", "code")
    company.staff(tmp_path).json("send", str(source), "--to", to, *how)
    link = company.link_for(to)
    assert re.fullmatch(rf"{company.url}/p/acme\.[\w-]+", link)
    with httpx.Client(headers={"accept-language": "ja"}, follow_redirects=True) as browser:
        first = browser.get(link)
        assert "見積書" not in first.text
        assert "Acme Admin" in first.text
        known = {one.id for one in company.letters(to)}
        assert "one-time-code" in browser.post(link, headers={"origin": company.url}, data={"again": "1"}).text
        code = wait_for(lambda: company._code(to, known), "a code")
        files = browser.post(link, headers={"origin": company.url}, data={"code": code})
        [address] = re.findall(r'href="(/p/[^"]+/files/fi_[^"]+)"', files.text)
        answer = browser.get(company.url + address)
    assert answer.content == source.read_bytes()
    assert "%E8%A6%8B%E7%A9%8D%E6%9B%B8.csv" in answer.headers["content-disposition"]
    got = company.with_code(company.outsider(tmp_path), to, "get", link, "-o", str(tmp_path / "in"))
    assert got.returncode == 0, got.stderr
    assert (tmp_path / "in" / source.name).read_bytes() == source.read_bytes()


def test_no_line_of_the_runtimes_log_has_a_secret(company: Company, tmp_path: Path) -> None:
    _, taker = sent(company, tmp_path, {"a.txt": b"abc"})
    url = taker.address(ids(taker))["url"]
    httpx.get(url)
    httpx.get(url + "x")
    plain, link = company.sent(company.staff(tmp_path), str(tmp_path / "out" / "a.txt"), "--class", "plain")
    httpx.get(link)
    httpx.post(link)
    wait_for(lambda: logs(company).count('"/p/{token}"') >= 2, "the log is written")
    written = logs(company)
    for secret in (url.rpartition(".")[2], link.rpartition(".")[2], taker.token.partition(".")[2]):
        assert secret not in written
    assert '"service": "fetch"' in written
    assert plain["id"]


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Path]:
    """512 MiB that compress badly and were made quickly."""
    path = tmp_path / "large.bin"
    block = os.urandom(8 * MIB)
    with path.open("wb") as file:
        for number in range(64):
            file.write(number.to_bytes(8, "big") + block[8:])
    yield path
    path.unlink()


@pytest.mark.slow
def test_memory_stays_flat_whatever_the_size(company: Company, tmp_path: Path, large: Path) -> None:
    with Company(tmp_path / "own", SCHEDULE_SECONDS="1") as own:
        own.open()
        runtime = own._runtimes[-1].process.pid
        _, small = sent(own, tmp_path, {"small.bin": bytes(9 * MIB)})
        assert len(httpx.get(small.address(ids(small))["url"]).content) == 9 * MIB
        transfer, link = own.sent(own.staff(tmp_path), str(large))
        before = peak_memory(runtime)
        taker = Taker(own.url, link, own.http())
        taker.begin()
        told = taker.address(ids(taker))
        hashed = hashlib.sha256()
        with httpx.stream("GET", told["url"]) as answer:
            for chunk in answer.iter_raw():
                hashed.update(chunk)
        assert hashed.hexdigest() == hashlib.sha256(large.read_bytes()).hexdigest()
        grown = peak_memory(runtime) - before
        assert grown < 24 * MIB, f"{grown / MIB:.0f} MiB"
        assert psutil.Process(runtime).is_running()
        assert transfer["id"]
