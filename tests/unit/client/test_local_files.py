import os
from pathlib import Path

import pytest
from fumibako.errors import UsageError
from fumibako.uploads.local_files import collect, require_unchanged


def code_of(paths: list[Path]) -> str:
    with pytest.raises(UsageError) as caught:
        collect(paths)
    assert caught.value.message
    return caught.value.code


def test_a_file_keeps_its_name_size_and_type(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"x" * 7)
    [local] = collect([tmp_path / "a.pdf"])
    assert (local.name, local.size, local.media_type) == ("a.pdf", 7, "application/pdf")


def test_a_folder_gives_relative_names_in_order(tmp_path: Path) -> None:
    for name in ("b/2.txt", "a/1.txt", "0.txt"):
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).write_text(name)
    assert [f.name for f in collect([tmp_path / "top"])] == ["top/0.txt", "top/a/1.txt", "top/b/2.txt"]


def test_names_are_composed(tmp_path: Path) -> None:
    (tmp_path / "か\u3099.txt").write_text("x")
    assert collect([tmp_path / "か\u3099.txt"])[0].name == "が.txt"


def test_nothing_to_send(tmp_path: Path) -> None:
    assert code_of([tmp_path]) == "no_files"


def test_an_absent_file(tmp_path: Path) -> None:
    assert code_of([tmp_path / "absent"]) == "file_absent"


def test_a_loop_of_links(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert code_of([tmp_path / "loop"]) == "file_unreadable"


def test_links_inside_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top/real").write_text("x")
    (tmp_path / "top/again").symlink_to(tmp_path / "top")
    assert [f.name for f in collect([tmp_path / "top"])] == ["top/real"]


def test_a_pipe_is_not_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert code_of([tmp_path / "pipe"]) == "not_a_file"


def test_a_device_is_not_a_file() -> None:
    assert code_of([Path("/dev/null")]) == "not_a_file"


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.close(os.open(path, os.O_CREAT))
    assert code_of([Path(os.fsdecode(path))]) == "name_invalid"


def test_a_name_with_a_bidi_override(tmp_path: Path) -> None:
    (tmp_path / "a\u202efdp.exe").write_text("x")
    assert code_of([tmp_path / "a\u202efdp.exe"]) == "name_invalid"


def test_the_same_name_twice(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Same.txt").write_text("x")
    (tmp_path / "b/Same.txt").rename(tmp_path / "b/same.TXT")
    assert code_of([tmp_path / "a/Same.txt", tmp_path / "b/same.TXT"]) == "duplicate_name"


@pytest.mark.slow
def test_ten_thousand_files_and_one_more(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    for n in range(10_000):
        (top / f"{n:05d}").touch()
    assert len(collect([top])) == 10_000
    (top / "one more").touch()
    assert code_of([top]) == "too_many_files"


@pytest.mark.parametrize("change", ["size", "time"])
def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "a"
    path.write_text("abc")
    [local] = collect([path])
    with path.open("rb") as stream:
        require_unchanged(local, stream.fileno())
        if change == "size":
            path.write_text("abcd")
            os.utime(path, ns=(local.mtime_ns, local.mtime_ns))
        else:
            os.utime(path, ns=(0, 0))
        with pytest.raises(UsageError) as caught:
            require_unchanged(local, stream.fileno())
    assert caught.value.code == "file_changed"
