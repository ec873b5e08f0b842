"""What is sent: seeded bytes that no program can compress, and the tools that make two measurements alike."""

import filecmp
import hashlib
import os
import random
import shutil
import subprocess
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MIB = 1 << 20
_CHUNK = 16 * MIB


def make_file(path: Path, size: int, seed: int) -> Path:
    """``size`` random bytes as fast as a cipher makes them (AES-CTR over zeros), on the disk and in the page cache."""
    key = random.Random(seed).randbytes(32)
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    zeros, left = bytes(_CHUNK), size
    with path.open("wb") as out:
        while left:
            out.write(stream.update(zeros[: min(left, _CHUNK)]))
            left -= min(left, _CHUNK)
        out.flush()
        os.fsync(out.fileno())
    return path


def make_folder(folder: Path, files: int, size: int, seed: int) -> Path:
    """So many small files, a hundred in each folder."""
    source = random.Random(seed)
    for number in range(files):
        path = folder / f"{number // 100:04d}" / f"{number:06d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.randbytes(size))
    sync_folder(folder)
    return folder


def warm(path: Path) -> None:
    """Read it once, so that every program that follows finds it in the page cache."""
    with path.open("rb") as stream:
        while stream.read(_CHUNK):
            pass


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def same(one: Path, other: Path) -> bool:
    """Whether two files hold the same bytes: they are read, size and times prove nothing."""
    return filecmp.cmp(one, other, shallow=False)


def same_folders(one: Path, other: Path) -> bool:
    """Whether two folders hold the same names with the same bytes, and nothing else."""
    first, second = _below(one), _below(other)
    return first.keys() == second.keys() and all(same(path, second[name]) for name, path in first.items())


def _below(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def sync_file(path: Path) -> None:
    """Durable: the file's bytes, then its name in the folder."""
    for one, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY | os.O_DIRECTORY)):
        descriptor = os.open(one, flags)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Everything of the file system that a folder lies on (syncfs(2)): for many files far cheaper than one fsync each."""
    subprocess.run(["sync", "-f", str(folder)], check=True)


def remove(path: Path) -> None:
    """A target goes away before the next run, and its blocks are given back before that run is timed."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    sync_folder(path.parent)


def memory_folder(scratch: Path) -> Path:
    """A folder in memory where the machine has one (Linux: /dev/shm), else the scratch folder."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or not os.access(shared, os.W_OK):
        return scratch
    folder = shared / scratch.name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def file_system(path: Path) -> str:
    """Type of the file system that a path lies on."""
    ended = subprocess.run(["df", "--output=fstype", str(path)], capture_output=True, text=True, check=False)
    return (ended.stdout.split() or ["unknown"])[-1]
