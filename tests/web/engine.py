"""The built engine of the page, run under node as a program: one task in, JSON lines out."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).resolve().parents[2] / "web"
_VITE = WEB / "node_modules/.bin/vite"


class EngineFailed(AssertionError):
    """A task ended with a failure; ``code`` is the engine's own."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Engine:
    """``program`` is the built file."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def start(self, **task: Any) -> "subprocess.Popen[str]":
        """A task under way."""
        command = ["node", str(self._program), json.dumps(task)]
        pipe = subprocess.PIPE
        environment = {"PATH": os.environ["PATH"]}
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=pipe,
            text=True,
            start_new_session=True,
        )

    def run(self, **task: Any) -> dict[str, Any]:
        """A task to its end; raises EngineFailed."""
        process = self.start(**task)
        try:
            out, error = process.communicate(timeout=120)
        finally:
            process.kill()
        assert out, error
        last: dict[str, Any] = json.loads(out.splitlines()[-1])
        if "failed" in last:
            raise EngineFailed(last["failed"], last["detail"])
        assert process.returncode == 0, error
        assert not error
        return last


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Imported by each module of stories; built once for each process of a test run."""
    assert shutil.which("node"), "node is missing: apt-get install nodejs npm"
    assert _VITE.exists(), "the page's tools are missing: make web-tools"
    folder = tmp_path_factory.mktemp("engine")
    command = [str(_VITE), "build", "--config", "vite.node.config.ts", "--outDir", str(folder), "--emptyOutDir"]
    built = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    return Engine(folder / "main.mjs")
