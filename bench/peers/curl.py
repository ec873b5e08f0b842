"""curl: one file up, one file down, nothing encrypted: the limit of the line."""

from pathlib import Path

from bench.processes import first_line, run

UPLOAD_FLAGS = "-sS --fail -T FILE -H Expect:"
DOWNLOAD_FLAGS = "-sS --fail -o FILE"


def upload(source: Path, url: str) -> None:
    """PUT a file. Without ``Expect`` it does not wait for a 100 before it sends."""
    run(["curl", "-sS", "--fail", "-T", str(source), "-H", "Expect:", url])


def download(url: str, target: Path) -> None:
    """GET to a file."""
    run(["curl", "-sS", "--fail", "-o", str(target), url])


def version() -> str:
    """As it names itself."""
    return " ".join(first_line(["curl", "--version"]).split()[:2])
