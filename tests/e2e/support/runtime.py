"""One started ``python -m onprem.runtime`` and the processes below it."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil


def peak_memory(pid: int) -> int:
    """VmHWM in bytes: the largest resident size a process ever had (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


@dataclass
class Runtime:
    """``log`` holds its JSON lines; ``url`` is empty where it serves nothing (a worker)."""

    process: "subprocess.Popen[bytes]"
    url: str
    log: Path

    def family(self) -> dict[int, str]:
        """Its processes: the started one and the supervisor's children, with the roles each was given."""
        found = [psutil.Process(self.process.pid)]
        found += found[0].children(recursive=True)
        return {one.pid: _roles(one.cmdline()) for one in found}

    def kill(self) -> None:
        """kill -9, its children too: nobody gets to say goodbye."""
        pids = list(self.family()) if self.process.poll() is None else []
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def tail(self) -> str:
        """The last of its log, for a failed assertion."""
        return self.log.read_text("utf-8", "replace")[-3000:]


def _roles(command: list[str]) -> str:
    return command[command.index("--child") + 1] if "--child" in command else "main"


def started(command: list[str], log: Path, environment: dict[str, str], root: Path) -> "subprocess.Popen[bytes]":
    """A process of its own session, so that a Ctrl-C in the terminal is the test run's alone."""
    options: dict[str, Any] = {"cwd": root, "env": environment, "start_new_session": True}
    with log.open("ab") as out:
        return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, **options)
