"""What the variables of ``make demo`` mean."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SIZE = re.compile(r"(\d+)(B|KiB|MiB|GiB)?\Z")
_UNITS = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
# The AWS emulator keeps every object in memory and is slow: a few parts are enough to be a real multipart upload.
_DEFAULT_SIZES = {"sqlite": 256 << 20, "postgresql": 256 << 20, "aws": 20 << 20}
_LEAST_ON_S3 = 17 << 20


class Failed(Exception):
    """The story ended badly; ``exit_code`` is what the demo ends with."""

    def __init__(self, why: str, exit_code: int = 1) -> None:
        super().__init__(why)
        self.exit_code = exit_code


@dataclass(frozen=True)
class DemoSettings:
    """``file`` is a person's own file, else one of ``size`` random bytes is made."""

    file: Path | None
    size: int
    store: str
    broken: str
    expire: bool
    once: bool
    folder: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], here: Path) -> "DemoSettings":
        """Read and check. Raises Failed."""
        store = environment.get("STORE") or "sqlite"
        if store not in _DEFAULT_SIZES:
            raise Failed("STORE is sqlite, postgresql or aws")
        broken = environment.get("BREAK") or ""
        if broken not in ("", "flip", "key", "cert"):
            raise Failed("BREAK is flip, key or cert")
        if broken == "flip" and store == "aws":
            raise Failed("BREAK=flip changes a byte on the disk, so it needs STORE=sqlite or postgresql")
        file = Path(environment["FILE"]).resolve() if environment.get("FILE") else None
        if file is not None and not file.is_file():
            raise Failed(f"FILE={file} is not a file")
        match = _SIZE.match(environment.get("SIZE") or str(_DEFAULT_SIZES[store]))
        if match is None:
            raise Failed("SIZE is a number of bytes, or with KiB, MiB, GiB behind it")
        size = int(match[1]) * _UNITS[match[2]]
        if store == "aws" and (file.stat().st_size if file else size) < _LEAST_ON_S3:
            raise Failed(
                "STORE=aws takes a file of 17 MiB or more: smaller ones go by a single PUT, whose URL could bring them back "
                "for 20 minutes, and their destruction is certified only after that (docs/weaknesses.md)"
            )
        folder = here / ".demo" / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        once = environment.get("ONCE") == "1"
        return cls(file, size, store, broken, environment.get("EXPIRE") == "1", once, folder)
