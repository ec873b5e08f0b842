"""Real runtimes: a data folder made by ``init``, processes started by ``serve``, requests over HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings

ROOT = Path(__file__).resolve().parents[3]
SERVICES = Path(__file__).with_name("services")
PATIENCE = 30.0


@dataclass
class Runtime:
    """One started runtime. ``log`` holds its JSON lines."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@dataclass
class Install:
    """A data folder and its settings."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    started: int = 0

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("FUMIBAKO_")}
        return {
            **own,
            "FUMIBAKO_MODE": "evaluation",
            "FUMIBAKO_MAIL": "maildir",
            "FUMIBAKO_SCANNER": "none",
            "FUMIBAKO_DATA_DIR": str(self.folder / "data"),
            "FUMIBAKO_LISTEN_PORT": "0",
            "FUMIBAKO_MIN_FREE_BYTES": "1",
            # Own services: the runtime's tests don't depend on what the product's do.
            "FUMIBAKO_SERVICES_DIR": str(SERVICES),
            **{f"FUMIBAKO_{name}": value for name, value in self.extra.items()},
        }

    def context(self) -> LazyContext:
        """The same stores, opened by the test."""
        return LazyContext(load_settings(self.environment))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "onprem.runtime", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, timeout=60)

    def init(self) -> dict[str, str]:
        done = self.run("init", "--tenant", "acme", "--admin-email", "admin@example.com")
        assert done.returncode == 0, done.stderr.decode()
        answer: dict[str, str] = json.loads(done.stdout)
        return answer

    @contextmanager
    def serving(self) -> Iterator[Runtime]:
        self.started += 1
        log = self.folder / f"log-{self.started}.jsonl"
        command = [sys.executable, "-m", "onprem.runtime", "serve"]
        with log.open("wb") as errors:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=errors)
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, log.read_text("utf-8")
            url = json.loads(line)["listening"]
            wait_until(lambda: process.poll() is not None or answers(url), "the runtime answers")
            assert process.poll() is None, log.read_text("utf-8")
            yield Runtime(process, url, log)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def answers(url: str) -> bool:
    try:
        return httpx.get(url + "/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)
