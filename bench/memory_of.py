"""How much memory processes took at most."""

from pathlib import Path

import psutil


def peak_of(pid: int) -> int:
    """VmHWM in bytes: the largest resident size a process ever had (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def peak_of_family(pid: int) -> int:
    """The sum over a process and everything it started; pages they share count for each, so this is never too little."""
    family = [psutil.Process(pid)]
    family += family[0].children(recursive=True)
    return sum(peak_of(one.pid) for one in family)
