"""What the box refuses before it begins, and what it leaves behind then: nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.box import emulator as starting
from deploy.box import run as running
from deploy.box.emulator import Emulator
from deploy.box.run import BoxSettings, run
from deploy.errors import Refused
from tests.e2e.support.waiting import wait_for


def test_without_the_emulator_s_environment_it_says_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "PYTHON", tmp_path / "none")
    with pytest.raises(Refused) as refused, Emulator(tmp_path, region="us-east-1", account="000000000000"):
        pass
    assert (refused.value.code, "box-venv" in refused.value.hint) == ("emulator_missing", True)


def test_an_emulator_that_does_not_start_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(starting, "_START", "import sys; sys.exit('no emulator here')")
    with pytest.raises(Refused, match="no emulator here") as refused:
        Emulator(tmp_path, region="us-east-1", account="000000000000").__enter__()
    assert refused.value.code == "emulator_failed"


def test_everything_that_the_emulator_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in that answers the health check and starts a child, as a function is one."""
    monkeypatch.setattr(starting, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(starting, "_START", _STAND_IN)
    with Emulator(tmp_path, region="us-east-1", account="000000000000") as running:
        child = int((tmp_path / "child").read_text())
        assert running.endpoint == f"http://localhost:{running.port}"
        os.kill(child, 0)
    wait_for(lambda: not _runs(child), "its child's end")


def test_an_emulator_ends_when_whoever_started_it_was_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STARTER, _STARTED]
    with subprocess.Popen(command, cwd=starting.ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        started = int(starter.stdout.readline())
        assert starter.stdout.readline() == "watching\n"
        starter.kill()
    wait_for(lambda: not _runs(started), "its end")


_STARTED = """
import sys, time
sys.path.insert(0, "")
from deploy.box.launch import end_with_parent
end_with_parent(0.05)
print("watching", flush=True)
time.sleep(600)
"""
_STARTER = """
import subprocess, sys, time
print(subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=True).pid, flush=True)
time.sleep(600)
"""


def _runs(process: int) -> bool:
    """A process whose parent is gone may be dead before somebody else has waited for it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text("ascii")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


_STAND_IN = """
import os, subprocess, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("content-length", "0"); self.end_headers()

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
Path(os.environ["BOX_JOURNAL"]).with_name("child").write_text(str(child.pid))
HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
"""


def test_a_box_with_a_scanner_needs_clamd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "clamd_path", lambda: None)
    with pytest.raises(Refused) as refused:
        run(BoxSettings(tmp_path, 1, None))
    assert (refused.value.code, "--no-scanner" in refused.value.hint) == ("clamd_missing", True)
    assert not (tmp_path / "cloud").exists()


def test_a_page_that_was_not_built_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        run(BoxSettings(tmp_path, 1, tmp_path / "page"))
    assert (refused.value.code, "make page" in refused.value.hint) == ("page_missing", True)
    assert not (tmp_path / "cloud").exists()
