"""A part is durable when it is acknowledged: seen in the system calls of a real process, not in our own words.

The order that a power cut can't break: write, sync of the file's data, name, sync of the directory, answer. And the directories that
lead there were synced before. Three planted faults show that this test would notice.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACED = "openat,write,fdatasync,fsync,rename,renameat,renameat2,linkat,mkdir,mkdirat"
BLOB = f"acme/tr_0{'a' * 25}/bl_0{'b' * 25}"

pytestmark = pytest.mark.root


@dataclass(frozen=True)
class Call:
    """One system call: its name and its arguments as strace prints them, descriptors with their paths (-y)."""

    name: str
    text: str


def calls_of(tmp_path: Path, *fault: str) -> list[Call]:
    log = tmp_path / "strace.txt"
    command = ["strace", "-f", "-y", "-s", "64", "-e", f"trace={TRACED}", "-o", str(log)]
    command += [sys.executable, "-m", "tests.faults.part_writer", str(tmp_path / "blobs"), *fault]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = [re.match(r"(?:\d+\s+)?(\w+)\((.*)\)\s+= (?!-1)", line) for line in log.read_text().splitlines()]
    return [Call(match[1], match[2]) for match in found if match]


def first(calls: list[Call], names: tuple[str, ...], pattern: str, after: int = -1) -> int:
    for at in range(after + 1, len(calls)):
        if calls[at].name in names and re.search(pattern, calls[at].text):
            return at
    raise AssertionError(f"no {'/'.join(names)} of {pattern} after call {after}")


def last(calls: list[Call], names: tuple[str, ...], pattern: str) -> int:
    found = [at for at, call in enumerate(calls) if call.name in names and re.search(pattern, call.text)]
    assert found, f"no {'/'.join(names)} of {pattern}"
    return found[-1]


RENAMES = ("rename", "renameat", "renameat2")


def check_part(calls: list[Call]) -> None:
    """Raises AssertionError unless everything that durability needs came before the acknowledgement, in this order."""
    answer = first(calls, ("write",), "ACKNOWLEDGED")
    written = last(calls[:answer], ("write",), "FBP1")
    synced = first(calls, ("fdatasync", "fsync"), r"blobs/|\(deleted\)|#\d+", written)
    named = first(calls, RENAMES, r"p\.000001", synced)
    directory = first(calls, ("fsync",), rf"{BLOB}>", named)
    assert directory < answer
    begun = first(calls, ("fsync",), rf"acme/tr_0{'a' * 25}>")
    assert begun < written, "the transfer's directory holds the blob's name"


def test_a_part_is_on_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    check_part(calls_of(tmp_path))


def test_a_manifest_is_on_disk_before_complete_returns(tmp_path: Path) -> None:
    calls = calls_of(tmp_path)
    written = first(calls, ("write",), r'\\"format\\"')
    synced = first(calls, ("fdatasync",), r"t\.[0-9a-f]{16}", written)
    named = first(calls, RENAMES, r"manifest\.json", synced)
    directory = first(calls, ("fsync",), rf"{BLOB}>", named)
    assert directory < first(calls, ("write",), "COMPLETED")


@pytest.mark.parametrize("fault", ["acknowledged before rename", "data not synced", "directory not synced"])
def test_the_check_notices_a_planted_fault(tmp_path: Path, fault: str) -> None:
    with pytest.raises(AssertionError):
        check_part(calls_of(tmp_path, fault))
