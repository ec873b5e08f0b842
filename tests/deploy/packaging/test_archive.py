"""Archives: the same bytes from the same files, and nothing of the place and the time where they were written."""

import os
import zipfile
from pathlib import Path

from deploy.packaging.archive import content_digest, digest, read_zip, write_zip

FILES = {"b/two.py": b"2" * 5_000, "app.py": b"1", "b/__init__.py": b""}


def test_order_and_time_do_not_matter(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", FILES)
    write_zip(tmp_path / "two.zip", dict(reversed(FILES.items())))
    os.utime(tmp_path / "two.zip", (0, 0))
    assert digest(tmp_path / "one.zip") == digest(tmp_path / "two.zip")


def test_everything_has_one_date_and_one_mode_and_comes_in_order(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", FILES)
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        found = archive.infolist()
    assert [one.filename for one in found] == sorted(FILES)
    assert {(one.date_time, one.external_attr >> 16, one.create_system) for one in found} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, 3)
    }


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    write_zip(tmp_path / "one.zip", FILES)
    assert read_zip(tmp_path / "one.zip") == FILES


def test_the_contents_digest_knows_names_and_contents_and_not_their_order() -> None:
    same = content_digest(dict(reversed(FILES.items())))
    assert content_digest(FILES) == same
    assert content_digest({**FILES, "app.py": b"other"}) != same
    assert content_digest({**FILES, "more.py": b""}) != same
