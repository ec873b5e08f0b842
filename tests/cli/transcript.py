"""What a command said, compared with what it is to say: exit code, stdout, and each line of stderr."""

import re
import subprocess
from collections.abc import Sequence

NEXT = r"Next: .+"


def expect(
    ended: "subprocess.CompletedProcess[str]", code: int, *, out: str | Sequence[str] = "", err: Sequence[str] = ()
) -> None:
    """``out`` and ``err``: a pattern for each line, the prefix ``fumibako: `` of stderr left away. Nothing else may be said."""
    said = f"{ended.args}\n--- stdout\n{ended.stdout}\n--- stderr\n{ended.stderr}"
    assert "Traceback" not in ended.stderr, said
    assert ended.returncode == code, f"exit code {ended.returncode}: {said}"
    _compare(ended.stdout.splitlines(), [out] if isinstance(out, str) and out else list(out), said)
    _compare(ended.stderr.splitlines(), [f"fumibako: {line}" for line in err], said)


def refused(ended: "subprocess.CompletedProcess[str]", code: int, name: str, *before: str) -> None:
    """A failure: its name in brackets, what to do next, and nothing on stdout. ``before``: lines of stderr that come first."""
    expect(ended, code, err=[*before, rf".+ \[{name}\]", NEXT])


def _compare(lines: Sequence[str], patterns: Sequence[str], said: str) -> None:
    assert len(lines) == len(patterns), said
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line), f"{line!r} is not {pattern!r}\n{said}"
