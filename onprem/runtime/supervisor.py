"""Several processes for large hosts: children that share the listening socket, started again when they end by themselves.

    supervisor -- binds the ports
      |- serving child 1..n   api and bytes on one port, or api only where the byte path has a port of its own
      |- bytes child          on bytes_port, where that is set
      '- working child 1..n   outbox, consumers, schedules

The kernel hands each connection to one of the children that accept on a socket, so all children of a port do the same.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

from prometheus_client import multiprocess

from chalicelib.settings import Role, Settings
from onprem.runtime.metrics import SHARED_FOLDER
from onprem.runtime.server import bound_socket

_LOOK_SECONDS: Final = 0.1
_BACKOFF: Final = (0.2, 10.0)
_STEADY_SECONDS: Final = 30.0
_log = logging.getLogger("fumibako.supervisor")


@dataclass
class Child:
    """One process to keep running. ``again_at`` is the monotonic moment of its next start."""

    roles: tuple[Role, ...]
    bound: socket.socket | None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    backoff: float = field(default=_BACKOFF[0])


class Supervisor:
    """``run`` returns after SIGTERM or SIGINT, when every child has drained."""

    def __init__(self, settings: Settings, bound: socket.socket | None) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._shared = tempfile.mkdtemp(prefix="fumibako-metrics-")
        self._children = planned_children(settings, bound)

    def run(self) -> None:
        """Start, watch, stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._stopping.is_set():
                for child in self._children:
                    self._tend(child)
                self._stopping.wait(_LOOK_SECONDS)
            self._end()
        finally:
            shutil.rmtree(self._shared, ignore_errors=True)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            _log.error("child ended", extra={"roles": child.roles, "code": child.process.returncode})
            _forget_metrics(self._shared, child.process.pid)
            child.backoff = (
                _BACKOFF[0] if now - child.started > _STEADY_SECONDS else min(_BACKOFF[1], child.backoff * 2)
            )
            child.again_at = now + child.backoff
            child.process = None
        if child.process is None and now >= child.again_at:
            child.process = self._start(child)
            child.started = now

    def _start(self, child: Child) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "onprem.runtime", "serve", "--child", ",".join(child.roles)]
        # Told, not asked by the child: the supervisor may be gone before the child has begun.
        command += ["--parent", str(os.getpid())]
        descriptors = () if child.bound is None else (child.bound.fileno(),)
        if child.bound is not None:
            command += ["--socket", str(child.bound.fileno())]
        environment = {**os.environ, SHARED_FOLDER: self._shared}
        return subprocess.Popen(command, pass_fds=descriptors, env=environment, stdin=subprocess.DEVNULL)

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self._settings.drain_seconds + 10
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _log.error("child did not drain", extra={"pid": process.pid})
                process.kill()
                process.wait()


def planned_children(settings: Settings, bound: socket.socket | None) -> list[Child]:
    """What runs, by the settings' roles and ports."""
    roles = settings.roles
    children: list[Child] = []
    serving = tuple(
        role for role in roles if role in ("api", "bytes") and not (role == "bytes" and settings.bytes_port)
    )
    if serving:
        children += [Child(serving, bound) for _ in range(settings.processes)]
    if settings.bytes_port and "bytes" in roles:
        children.append(Child(("bytes",), bound_socket(settings.listen_host, settings.bytes_port)))
    if "worker" in roles:
        children += [Child(("worker",), None) for _ in range(settings.workers)]
    if "scan" in roles:
        children.append(Child(("scan",), None))
    return children


def end_with_parent(parent: int) -> None:
    """In a child: drain when the supervisor is gone (kill -9 leaves it no time to say so)."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _forget_metrics(folder: str, pid: int) -> None:
    multiprocess.mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]
