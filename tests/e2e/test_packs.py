"""Folders: hundreds of small files in packs, a large one, an empty one, and names that one system or another dislikes."""

import hashlib
import os
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
    # What Windows can't hold got another name; nothing hidden was left beside the files.
    assert not set(RESERVED) & set(after)
    assert not [name for name in after if Path(name).name.startswith(".")]


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
