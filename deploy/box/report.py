"""The report of a run: build/cloud/report.json, and a table on the terminal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_SOURCES: Final = ("api", "authorizer", "queue", "stream", "schedule", "failed")


def write(folder: Path, made: Mapping[str, Any]) -> None:
    """report.json of this folder."""
    write_json(folder / "report.json", made)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """One document, readable by people too."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")


def reported(logs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Function -> how many invocations its log in CloudWatch Logs reports."""
    return {name: sum(1 for line in lines if _is_report(line)) for name, lines in sorted(logs.items())}


def table(made: Mapping[str, Any]) -> str:
    """Invocations by function and source, for the terminal."""
    invoked: Mapping[str, Mapping[str, int]] = made["invocations"]
    width = max(map(len, invoked), default=0)
    lines = [" ".join([" " * width, *(f"{source:>10}" for source in _SOURCES)])]
    for name, counts in sorted(invoked.items()):
        lines.append(" ".join([f"{name:<{width}}", *(f"{counts.get(source) or '':>10}" for source in _SOURCES)]))
    return "\n".join(lines)


def _is_report(line: str) -> bool:
    return line.startswith("REPORT RequestId") or '"platform.report"' in line
