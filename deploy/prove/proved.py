"""The dated record of what was proved: deploy/prove/proved.toml."""

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused

PATH: Final = Path(__file__).resolve().parent / "proved.toml"
_FIELDS: Final = {"id": str, "date": date, "state": str, "region": str, "version": str, "evidence": str}
_STATES: Final = ("proved", "failed")


@dataclass(frozen=True)
class Record:
    """One check, once, in one account; the account itself is not named."""

    id: str
    date: date
    state: str
    region: str
    version: str
    evidence: str


def latest(known: Collection[str], path: Path = PATH) -> Mapping[str, Record]:
    """Check -> its last record. Raises Refused("proved_wrong") that names what is wrong."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Refused("proved_wrong", f"{path.name} is no TOML: {error}.", "Correct the file.") from error
    rows = raw.get("record", [])
    faults = [fault for number, row in enumerate(rows, start=1) for fault in _faults(number, row, known)]
    if faults or raw.keys() - {"record"}:
        raise Refused("proved_wrong", " ".join(faults) or "There is more than records.", f"Correct {path.name}.")
    return {one.id: one for one in sorted((Record(**row) for row in rows), key=lambda one: one.date)}


def _faults(number: int, row: Mapping[str, Any], known: Collection[str]) -> list[str]:
    if row.keys() != _FIELDS.keys() or any(type(row[name]) is not kind for name, kind in _FIELDS.items()):
        return [f"Record {number} needs {', '.join(_FIELDS)}."]
    return [
        *([] if row["id"] in known else [f"Record {number}: there is no check `{row['id']}`."]),
        *([] if row["state"] in _STATES else [f"Record {number}: `{row['state']}` is neither proved nor failed."]),
    ]
