"""Folders: hundreds of small files in packs, a large one, an empty one, and names that one system or another dislikes."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from tests.e2e.support.company import Company, company

__all__ = ["company"]
pytestmark = pytest.mark.slow
RESERVED = ("con.txt", "aux", "trailing dot.", "a:b.txt", "what?.md")


def digests(folder: Path) -> dict[str, str]:
    """Relative name -> SHA-256 of every file below."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize("sealing", [(), ("--seal",)])
def test_a_folder_arrives_whole(company: Company, tmp_path: Path, sealing: tuple[str, ...]) -> None:
    folder = tmp_path / "図面"
    (folder / "第二版" / "部品").mkdir(parents=True)
    for number in range(300):
        place = folder / "第二版" / "部品" if number % 3 else folder
        (place / f"部品{number:03}.dxf").write_bytes(os.urandom(number * 37 % 5000))
    (folder / "large.bin").write_bytes(os.urandom((9 << 20) + 13))
    (folder / "empty").touch()
    for name in RESERVED:
        (folder / name).write_text(name)
    (folder / ("長" * 84 + ".t")).write_text("a name of 254 bytes")
    (folder / "link").symlink_to(folder / "empty")
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    sent, link = company.sent(staff, str(folder), *sealing)
    key = ("--key", sent["link_key"]) if sealing else ()
    got = guest.json("get", link, *key, "-o", str(tmp_path / "in"))
    assert len(got["files"]) == sent["files"] == 300 + 2 + len(RESERVED) + 1
    before, after = digests(folder), digests(tmp_path / "in" / "図面")
    assert sorted(before.values()) == sorted([*after.values(), before["link"]])
    plain = {name for name in before if name not in RESERVED and name != "link"}
    assert {name: after.get(name) for name in plain} == {name: before[name] for name in plain}
    zipped = guest.json("get", link, *key, "--zip", str(tmp_path / "all.zip"))
    with zipfile.ZipFile(tmp_path / "all.zip") as opened:
        assert opened.testzip() is None
        opened.extractall(tmp_path / "unzipped")
    assert digests(tmp_path / "unzipped") == digests(tmp_path / "in")
    assert zipped["zip"] == str(tmp_path / "all.zip")
    inside = [str(Path(one["path"]).relative_to(tmp_path / "in")) for one in got["files"]]
    assert [(one["id"], one["path"], one["sha256"]) for one in zipped["files"]] == [
        (one["id"], path, one["sha256"]) for one, path in zip(got["files"], inside, strict=True)
    ]
    # What Windows can't hold got another name; nothing hidden was left beside the files.
    assert not set(RESERVED) & set(after)
    assert not [name for name in after if Path(name).name.startswith(".")]


def test_more_files_than_one_call_takes(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(1_203):
        (folder / f"{number:04}.txt").write_text(f"{number}" * (number % 7))
    (folder / "middle.bin").write_bytes(os.urandom((20 << 20) + 5))
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    sent, link = company.sent(staff, str(folder))
    assert sent["files"] == 1_204
    guest.json("get", link, "-o", str(tmp_path / "in"))
    assert digests(tmp_path / "in" / "many") == digests(folder)


def test_a_zip_takes_nobodys_place_and_leaves_nothing_hidden(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    staff, guest = company.staff(tmp_path), company.outsider(tmp_path)
    _, link = company.sent(staff, str(tmp_path / "f"))
    zipped = tmp_path / "in" / "f.zip"
    guest.json("get", link, "--zip", str(zipped))
    taken = guest.attempt("get", link, "--zip", str(zipped))
    assert (
        taken.returncode,
        '"code": "exists"' in guest.attempt("get", link, "--zip", str(zipped), "--json").stderr,
    ) == (2, True)
    both = guest.attempt("get", link, "--zip", str(zipped), "-o", str(tmp_path))
    assert both.returncode == 2
    guest.json("get", link, "--zip", str(zipped), "--force")
    assert [one.name for one in zipped.parent.iterdir()] == ["f.zip"]


def test_a_link_inside_a_folder_is_told_and_not_followed(company: Company, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "real.txt").write_text("x")
    (tmp_path / "folder" / "loop").symlink_to(tmp_path / "folder")
    ended = company.staff(tmp_path).attempt(
        "send", str(tmp_path / "folder"), "--to", "a@partner.example", "--hold", "60"
    )
    assert ended.returncode == 0, ended.stderr
    assert "loop is a link inside a folder and is not sent" in ended.stderr
    assert "1 file(s)" in ended.stderr


def test_where_downloads_are_limited_nothing_is_counted_for_a_refusal(company: Company, tmp_path: Path) -> None:
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_text(name)
    staff = company.staff(tmp_path)
    sent, link = company.sent(staff, str(folder), "--max-downloads", "1")
    files = {
        one["name"]: one["id"] for one in company.api().get(f"/transfers/v1/transfers/{sent['id']}/files")["items"]
    }
    first = company.outsider(tmp_path, "first").attempt("get", link, "-o", "-", "--file", files["two/a"])
    assert (first.returncode, first.stdout) == (0, "a")
    refused = company.outsider(tmp_path, "second").attempt("get", link, "-o", str(tmp_path / "in"))
    assert refused.returncode == 5, refused.stderr
    other = company.outsider(tmp_path, "third").attempt("get", link, "-o", "-", "--file", files["two/b"])
    assert (other.returncode, other.stdout) == (0, "b")
