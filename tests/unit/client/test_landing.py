"""Many small files given their names in batches."""

from pathlib import Path

import pytest
from fumibako.disk import many_durable
from fumibako.disk.naming import hidden_name
from fumibako.downloads.landing import Landed, Landing
from fumibako.errors import UsageError


def land(landing: Landing, path: Path, content: bytes, named: list[str]) -> None:
    landing.write(Landed(f"fi_{path.name:0>20}", path, lambda: named.append(path.name)), memoryview(content))


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("whole_system", [True, False])
def test_files_have_no_name_before_they_are_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, whole_system: bool
) -> None:
    if not whole_system:
        monkeypatch.setattr(many_durable, "_syncfs", lambda: None)
    named: list[str] = []
    landing = Landing(tmp_path / "in" / ".lock", replace=False)
    paths = [tmp_path / "in" / f"folder{n % 3}" / f"{n}.txt" for n in range(count)]
    for path in paths:
        land(landing, path, path.name.encode() * 9, named)
    assert not [path for path in paths if path.exists()]
    landing.settle_if_full()
    assert named == []
    landing.settle()
    landing.close()
    assert named == [path.name for path in paths]
    assert [path.read_bytes() for path in paths] == [path.name.encode() * 9 for path in paths]
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == sorted(paths)


def test_what_is_in_the_way_stays_and_the_others_land(tmp_path: Path) -> None:
    named: list[str] = []
    (tmp_path / "b").write_text("mine")
    landing = Landing(tmp_path / ".lock", replace=False)
    for name in "abc":
        land(landing, tmp_path / name, b"theirs", named)
    with pytest.raises(UsageError) as failed:
        landing.settle()
    landing.close()
    assert failed.value.code == "exists"
    assert named == ["a", "c"]
    assert [(tmp_path / name).read_text() for name in "abc"] == ["theirs", "mine", "theirs"]


def test_replacing_takes_the_place(tmp_path: Path) -> None:
    named: list[str] = []
    (tmp_path / "a").write_text("mine")
    landing = Landing(tmp_path / ".lock", replace=True)
    land(landing, tmp_path / "a", b"theirs", named)
    landing.settle()
    landing.close()
    assert (tmp_path / "a").read_text() == "theirs"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_a_crash_left_is_written_anew(tmp_path: Path) -> None:
    named: list[str] = []
    identity = f"fi_{'a':0>20}"
    hidden = hidden_name(tmp_path / "a", identity)
    hidden.write_text("longer than what comes now, and cut")
    hidden.with_suffix(".held").write_text("a list")
    landing = Landing(tmp_path / ".lock", replace=False)
    land(landing, tmp_path / "a", b"whole", named)
    land(landing, tmp_path / "b", b"beside it", named)
    landing.settle()
    landing.close()
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"a": "whole", "b": "beside it"}
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_second_run_waits_for_nobody(tmp_path: Path) -> None:
    landing = Landing(tmp_path / ".lock", replace=False)
    with pytest.raises(UsageError) as failed:
        Landing(tmp_path / ".lock", replace=False)
    assert failed.value.code == "download_running"
    landing.close()
    Landing(tmp_path / ".lock", replace=False).close()


def test_a_link_in_the_way_of_a_hidden_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    hidden_name(tmp_path / "a", f"fi_{'a':0>20}").symlink_to(tmp_path / "target")
    landing = Landing(tmp_path / ".lock", replace=False)
    with pytest.raises(UsageError) as failed:
        land(landing, tmp_path / "a", b"theirs", [])
    landing.close()
    assert failed.value.code == "unwritable"
    assert (tmp_path / "target").read_text() == "mine"
