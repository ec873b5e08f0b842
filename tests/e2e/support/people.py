"""People: each has the command line, a home of their own, and nothing of the server."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
CLI = "fumibako.cli"


class CommandFailed(AssertionError):
    """A command ended with another exit code than 0."""

    def __init__(self, ended: "subprocess.CompletedProcess[str]") -> None:
        super().__init__(f"{ended.args} ended with {ended.returncode}: {ended.stderr.strip()[-2000:]}")
        self.code = ended.returncode


class Person:
    """``home`` keeps sign-in and unfinished uploads. ``module`` is what stands for the command."""

    def __init__(self, home: Path, *, module: str = CLI, **extra: str) -> None:
        self.home = home
        self._module = module
        self._extra = extra

    def environment(self) -> dict[str, str]:
        """What a command runs with: nothing of the server's settings."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
        path = f"{ROOT}{os.pathsep}{ROOT / 'client'}"
        own = {"FUMIBAKO_HOME": str(self.home), "FUMIBAKO_LANG": "en", "PYTHONPATH": path}
        return {**kept, **own, **self._extra}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """A command under way. Nobody answers its questions: stdin is closed."""
        return subprocess.Popen(
            self._command(arguments),
            env=self.environment(),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def attempt(self, *arguments: str, given: str = "", seconds: float = 120) -> "subprocess.CompletedProcess[str]":
        """A command to its end, whatever that is."""
        return subprocess.run(
            self._command(arguments),
            env=self.environment(),
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def run(self, *arguments: str, given: str = "", seconds: float = 120) -> str:
        """A command that must go well; gives its stdout. Raises CommandFailed."""
        ended = self.attempt(*arguments, given=given, seconds=seconds)
        if ended.returncode:
            raise CommandFailed(ended)
        return ended.stdout

    def json(self, *arguments: str, given: str = "", seconds: float = 120) -> dict[str, Any]:
        """The same with ``--json``."""
        answer: dict[str, Any] = json.loads(self.run(*arguments, "--json", given=given, seconds=seconds))
        return answer

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", self._module, *arguments]
