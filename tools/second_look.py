"""``python -m tools.second_look``: after a failed ``make test``, the tests that failed run once more, one after the other on a quiet machine.

A landing should hang on what is wrong with the change, not on a machine that was busy with something else for a moment. So where three
tests of thousands failed at most, they get a second look; what fails again refuses the landing, and what passes is printed as UNSTABLE: a
bug to be found, in the test or in the product. ``make test`` itself never repeats anything.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
VERDICTS: Final = ROOT / "build" / "verdicts"
HALVES: Final = ("rooms", "browser")
MOST: Final = 3
_FAILED: Final = (
    1  # pytest's exit code where tests ran to the end and some failed; any other failure is not about single tests
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one half of the tests ended: pytest's exit code, the count of passed tests, the ids of failed ones."""

    exit: int
    passed: int
    failed: tuple[str, ...]


def read(folder: Path) -> list[Verdict]:
    """The verdicts of both halves.

    Raises:
        FileNotFoundError: a half never came to its end.
    """
    found = [json.loads((folder / f"{half}.json").read_text("utf-8")) for half in HALVES]
    return [Verdict(one["exit"], one["passed"], tuple(one["failed"])) for one in found]


def why_not(verdicts: list[Verdict]) -> str | None:
    """Why a second look would be no answer, or None where it is one."""
    if any(one.exit not in (0, _FAILED) for one in verdicts):
        return "a run was cut off or could not begin"
    failed = sum(len(one.failed) for one in verdicts)
    if failed == 0:
        return "no test failed: what failed is lint, types, import rules or the page"
    if failed > MOST:
        return f"{failed} tests failed, and {MOST} at most get a second look"
    return None


def main(folder: Path = VERDICTS) -> int:
    """0 where every failed test passed by itself, 1 otherwise."""
    try:
        verdicts = read(folder)
    except FileNotFoundError:
        print("no second look: make test did not come to its end")
        return 1
    reason = why_not(verdicts)
    if reason is not None:
        print(f"no second look: {reason}")
        return 1
    failed = [name for one in verdicts for name in one.failed]
    again = subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "0", *failed], cwd=ROOT, check=False)
    if again.returncode != 0:
        return 1
    for name in failed:
        print(f"UNSTABLE: {name} failed among the others and passed by itself; find out why")
    print(f"{sum(one.passed for one in verdicts) + len(failed)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
