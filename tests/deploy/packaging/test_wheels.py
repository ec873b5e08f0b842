"""Distributions by hash: what is not in the lock file is refused, and what a wheel holds lands where pip would put it."""

import zipfile
from pathlib import Path

import pytest

from deploy.errors import Refused
from deploy.packaging.staging import ROOT
from deploy.packaging.wheels import fetched, locked, named_in, unpacked

HASH, OTHER = ("--hash=sha256:" + digit * 64 for digit in "ab")
LOCK = f"one==1.0 \\\n    {HASH} \\\n    {OTHER}\ntwo-three==2.0 \\\n    {HASH}\n"


def wheel(folder: Path, name: str, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return folder / name


def test_a_service_names_distributions_and_no_versions() -> None:
    assert named_in("# why\ntwo-three # behind\n\none\n") == ["one", "two-three"]


def test_the_lock_files_part_has_every_hash_of_the_named() -> None:
    assert locked(["two-three"], LOCK) == f"two-three==2.0 \\\n    {HASH}\n"
    assert locked(["two-three", "one"], LOCK.rstrip()) == LOCK


def test_what_is_not_locked_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        locked(["one", "three"], LOCK)
    assert refused.value.code == "not_locked"
    assert "three" in refused.value.detail


@pytest.mark.parametrize("service", ["auth", "notifications", "reporting", "transfers"])
def test_what_every_service_names_is_locked(service: str) -> None:
    names = named_in((ROOT / "services" / service / "requirements.txt").read_text("utf-8"))
    found = locked(names, (ROOT / "requirements" / "services.lock").read_text("utf-8"))
    assert found.count("==") == len(names)
    assert not {"boto3", "botocore", "chalice"} & set(names)


def test_what_the_image_names_is_locked_and_agrees_with_the_services() -> None:
    names = named_in((ROOT / "onprem" / "image" / "distributions.txt").read_text("utf-8"))
    lock = (ROOT / "requirements" / "image.lock").read_text("utf-8")
    assert locked(names, lock).count("==") == len(names)
    services = (ROOT / "requirements" / "services.lock").read_text("utf-8")
    shared = [name for name in names if f"\n{name}==" in f"\n{services}"]
    assert locked(shared, lock) == locked(shared, services)
    assert not {"pip", "setuptools", "wheel"} & set(names)


def test_files_land_where_they_are_imported_from(tmp_path: Path) -> None:
    files = {
        "one/__init__.py": b"1",
        "one-1.0.data/purelib/pure.py": b"2",
        "one-1.0.data/platlib/flat.so": b"3",
        "one-1.0.data/scripts/one": b"4",
        "one-1.0.data/headers/one.h": b"5",
    }
    found = unpacked([wheel(tmp_path, "one-1.0-py3-none-any.whl", files)])
    assert found == {"one/__init__.py": b"1", "pure.py": b"2", "flat.so": b"3"}


def test_two_that_bring_the_same_file_agree_or_are_refused(tmp_path: Path) -> None:
    one = wheel(tmp_path, "one.whl", {"shared.py": b"1"})
    same = wheel(tmp_path, "same.whl", {"shared.py": b"1"})
    other = wheel(tmp_path, "other.whl", {"shared.py": b"2"})
    assert unpacked([one, same]) == {"shared.py": b"1"}
    with pytest.raises(Refused) as refused:
        unpacked([one, other])
    assert refused.value.code == "files_collide"


def test_a_wheel_whose_hash_is_another_is_not_taken(tmp_path: Path) -> None:
    """pip judges: the name and version are real, the hash is of nothing."""
    lock = locked(["pynamodb"], (ROOT / "requirements" / "services.lock").read_text("utf-8"))
    wrong = lock.splitlines()[0] + f"\n    {HASH}\n"
    with pytest.raises(Refused) as refused:
        fetched(wrong, tmp_path)
    assert refused.value.code == "wheels_missing"
    assert list(tmp_path.iterdir()) == []
