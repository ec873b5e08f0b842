"""The quotas that a load can meet, read from quotas.toml."""

import datetime
import tomllib
from pathlib import Path
from typing import Final

import msgspec

FILE: Final = Path(__file__).resolve().parent / "quotas.toml"


class Quota(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``limit`` of a second unless ``unit`` says otherwise; ``use`` names what of a load counts against it; ``do`` is what to do when it comes near."""

    name: str
    limit: float
    unit: str
    use: str
    page: str
    do: str
    ours: bool = False

    @property
    def of_a_day(self) -> bool:
        """Whether a day's sum counts and no moment."""
        return "day" in self.unit


class Quotas(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of them, as of a day."""

    date: datetime.date
    quotas: tuple[Quota, ...]


def load_quotas(path: Path = FILE) -> Quotas:
    """Raises msgspec.ValidationError for a file of another shape."""
    return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Quotas)
