"""Every program that is measured runs in a process of its own: started, timed, waited for, stopped."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
LONGEST = 3600.0


class Failed(Exception):
    """A program that takes part ended badly, or did not come up."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain_environment(**extra: str) -> dict[str, str]:
    """The surrounding one without our own settings, and with compiled modules kept as an installed program has them."""
    dropped = ("FUMIBAKO_", "PYTHONDONTWRITEBYTECODE", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    path = f"{ROOT}{os.pathsep}{ROOT / 'client'}"
    return {**kept, "PYTHONPATH": path, **extra}


def run(command: Sequence[str], *, given: str = "", environment: Mapping[str, str] | None = None) -> str:
    """A command to its end; gives its stdout. Raises Failed where it does not end with 0."""
    ended = subprocess.run(
        command, input=given, env=environment, capture_output=True, text=True, check=False, timeout=LONGEST
    )
    if ended.returncode:
        raise Failed(f"{Path(command[0]).name} ended with {ended.returncode}: {ended.stderr.strip()[-800:]}")
    return ended.stdout


def seconds_of(*steps: Callable[[], object]) -> float:
    """How long some steps take one after the other on the wall clock."""
    began = time.perf_counter()
    for step in steps:
        step()
    return time.perf_counter() - began


def first_line(command: Sequence[str]) -> str:
    """What a program says of its version, on whichever of its two outputs."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=plain_environment())
    return ((ended.stdout + ended.stderr).strip().splitlines() or [""])[0]


@contextlib.contextmanager
def serving(
    command: Sequence[str],
    port: int,
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server, from the moment its port answers until the block is left. Raises Failed where it never does."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        _wait_for(process, port, log)
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]", *, seconds: float = 40) -> None:
    """SIGTERM, and SIGKILL to the whole of its session where that is not heard."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise Failed(f"nothing listens on its port: {log.read_text('utf-8', 'replace')[-800:]}")


def python() -> str:
    """The interpreter that runs ours."""
    return sys.executable
