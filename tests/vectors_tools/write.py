"""Writes one vector a file, under spec/vectors/<subject>/<name>.json."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "spec" / "vectors"


def write(subject: str, name: str, *, origin: str, error: str | None = None, **members: Any) -> dict[str, Any]:
    """Write a vector and return it. With ``error`` it expects that code, without it success."""
    vector: dict[str, Any] = {"name": name, "origin": origin, "expect": "valid" if error is None else "invalid"}
    if error is not None:
        vector["error"] = error
    vector |= members
    folder = FOLDER / subject
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(vector, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    return vector


def read(subject: str, name: str) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads((FOLDER / subject / f"{name}.json").read_text("utf-8"))
    return vector


def names(subject: str) -> list[str]:
    """The names of a subject's vectors, sorted; an empty or missing folder is an error, not an empty test run."""
    found = sorted(path.stem for path in (FOLDER / subject).glob("*.json"))
    assert found, f"spec/vectors/{subject} is empty"
    return found
