"""What the page's engine sends, the command line fetches, and the other way round: over TCP, against a real server."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.waiting import wait_for
from tests.web.engine import Engine, EngineFailed, engine

__all__ = ["company", "engine"]
pytestmark = pytest.mark.slow
MIB = 1 << 20


def files_in(folder: Path) -> dict[str, Path]:
    """Files of every kind: empty, packed, a full segment, several parts."""
    sizes = {
        "空.txt": 0,
        "一.txt": 1,
        "packed.bin": MIB - 1,
        "folder/second.bin": 300_000,
        "first-full.bin": 1_048_520,
        "large.bin": 17 * MIB + 5,
    }
    made = {}
    for at, (name, size) in enumerate(sizes.items()):
        made[name] = folder / f"{at}.bin"
        made[name].write_bytes(os.urandom(size))
    return made


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def task_of(company: Company, tmp_path: Path, files: dict[str, Path], **more: Any) -> dict[str, Any]:
    journals = tmp_path / "journals"
    journals.mkdir(exist_ok=True)
    fields = {"recipients": [{"email": someone()}], "expires_in_minutes": 600, "hold_minutes": 0}
    fields |= {"proof": "link", "source": "page", **more.pop("fields", {})}
    chosen = [[str(path), name] for name, path in files.items()]
    return {
        "what": "upload",
        "url": company.url,
        "token": company.token,
        "journals": str(journals),
        "files": chosen,
        "fields": fields,
        **more,
    }


def address_of(task: dict[str, Any]) -> str:
    return str(task["fields"]["recipients"][0]["email"])


@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
def test_the_command_line_fetches_what_the_engine_sent(
    company: Company, engine: Engine, tmp_path: Path, transfer_class: str
) -> None:
    files = files_in(tmp_path)
    task = task_of(company, tmp_path, files, **{"class": transfer_class})
    sent = engine.run(**task)
    assert not sent["resumed"]
    assert sent["progress"]["done"] == sent["progress"]["total"] == sent["sentBytes"]
    assert list((tmp_path / "journals").iterdir()) == []
    link = company.link_for(address_of(task))
    if transfer_class == "sealed":
        link += "." + sent["linkKey"]
    got = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    names = {str(Path(one["path"]).relative_to(tmp_path / "in")): one["sha256"] for one in got}
    assert names == {name: sha256(path) for name, path in files.items()}


@pytest.mark.parametrize("transfer_class", ["managed", "plain", "sealed"])
def test_the_engine_fetches_what_the_command_line_sent(
    company: Company, engine: Engine, tmp_path: Path, transfer_class: str
) -> None:
    files = files_in(tmp_path)
    folder = tmp_path / "out"
    for name, path in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        path.rename(folder / name)
    sent, link = company.sent(company.staff(tmp_path), str(folder), "--class", transfer_class)
    (tmp_path / "in").mkdir()
    key = {"key": sent["link_key"]} if transfer_class == "sealed" else {}
    task = {"url": company.url, "link": link, "into": str(tmp_path / "in"), **key}
    got = engine.run(what="download", **task)["files"]
    assert {one["name"]: one["sha256"] for one in got} == {f"out/{name}": sha256(folder / name) for name in files}
    assert all(sha256(Path(one["path"])) == one["sha256"] for one in got)


def test_a_passphrase_is_proof_and_key(company: Company, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("a secret")
    task = task_of(company, tmp_path, {"letter.txt": path}, fields={"proof": "passphrase"}, passphrase="合言葉 ABC")
    task["class"] = "sealed"
    sent = engine.run(**task)
    assert sent["linkKey"] is None
    link = company.link_for(address_of(task))
    (tmp_path / "in").mkdir()
    wanted = {"what": "download", "url": company.url, "link": link, "into": str(tmp_path / "in")}
    with pytest.raises(EngineFailed) as caught:
        engine.run(**wanted, passphrase="合言葉 ABD")
    assert caught.value.code == "passphrase_wrong"
    # Typed full-width: NFKC makes it the same.
    [got] = engine.run(**wanted, passphrase="合言葉 ＡＢＣ")["files"]
    assert Path(got["path"]).read_text() == "a secret"
    given = tmp_path / "passphrase"
    given.write_text("合言葉 ABC")
    fetched = company.outsider(tmp_path).json(
        "get", link, "-o", str(tmp_path / "again"), "--passphrase-file", str(given)
    )
    assert fetched["files"][0]["sha256"] == got["sha256"]


def test_a_code_from_the_mail(company: Company, engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("for one person")
    task = task_of(company, tmp_path, {"letter.txt": path}, fields={"proof": "code"})
    engine.run(**task)
    link = company.link_for(address_of(task))
    guest = {"url": company.url, "link": link}
    challenge = engine.run(what="challenge", **guest)["challenge"]
    code = wait_for(lambda: next((one.code for one in company.letters(address_of(task)) if one.code), ""), "a code")
    (tmp_path / "in").mkdir()
    typed = " ".join(code).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    [got] = engine.run(what="download", into=str(tmp_path / "in"), challenge=challenge, code=typed, **guest)["files"]
    assert Path(got["path"]).read_text() == "for one person"


def test_a_guest_answers_a_request(company: Company, engine: Engine, tmp_path: Path) -> None:
    request = company.api().post("/transfers/v1/requests", {"title": "Your plans", "proof": "link"})
    files = files_in(tmp_path)
    task = task_of(company, tmp_path, files)
    del task["token"]
    task |= {"link": request["url"], "fields": {"source": "page"}}
    sent = engine.run(**task)
    shown = wait_for(
        lambda: [t for t in company.api().get("/transfers/v1/transfers", box="received")["items"]
                 if t["id"] == sent["transfer"]["id"] and t["state"] == "ready"],
        "it arrived",
    )  # fmt: skip
    assert shown[0]["files"] == len(files)


def test_more_files_than_one_call_takes(company: Company, engine: Engine, tmp_path: Path) -> None:
    files = {}
    for at in range(1203):
        files[f"{at % 7}/{at}.txt"] = tmp_path / f"{at}.txt"
        files[f"{at % 7}/{at}.txt"].write_bytes(os.urandom(at))
    task = task_of(company, tmp_path, files)
    engine.run(**task)
    link = company.link_for(address_of(task))
    got = company.outsider(tmp_path).json("get", link, "-o", str(tmp_path / "in"))["files"]
    assert len(got) == len(files)
    (tmp_path / "by-engine").mkdir()
    again = engine.run(what="download", url=company.url, link=link, into=str(tmp_path / "by-engine"))["files"]
    assert {one["name"]: one["sha256"] for one in again} == {name: sha256(path) for name, path in files.items()}
