"""The second look at failed tests: a run's verdict as pytest writes it, when it is refused, and what it lets pass."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import second_look

_CONFTEST = """
from tests import verdicts

def pytest_addoption(parser):
    verdicts.add_option(parser)

def pytest_configure(config):
    verdicts.register(config)
"""
_TESTS = """
from pathlib import Path
import pytest

def test_good():
    pass

def test_bad():
    assert False

@pytest.fixture
def broken():
    yield
    raise OSError

def test_broken_afterwards(broken):
    pass

def test_good_from_the_second_time_on():
    mark = Path(__file__).with_name("mark")
    first, _ = not mark.exists(), mark.touch()
    assert not first
"""


def _suite(folder: Path) -> Path:
    folder.mkdir()
    (folder / "conftest.py").write_text(_CONFTEST)
    (folder / "test_these.py").write_text(_TESTS)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_verdict_names_what_failed_and_counts_what_passed(tmp_path: Path, workers: str) -> None:
    suite, file = _suite(tmp_path / "suite"), tmp_path / "deep" / "verdict.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        workers,
        f"--rootdir={suite}",
        f"--verdict={file}",
        str(suite),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    written = json.loads(file.read_text())
    assert (ended.returncode, written["exit"], written["passed"]) == (1, 1, 1), ended.stdout
    assert sorted(name.rpartition("::")[2] for name in written["failed"]) == [
        "test_bad",
        "test_broken_afterwards",
        "test_good_from_the_second_time_on",
    ]


def _verdicts(folder: Path, *failed: str, ended: int = 1) -> Path:
    folder.mkdir(exist_ok=True)
    for half, names in zip(second_look.HALVES, (failed, ()), strict=True):
        code = ended if names or ended != 1 else 0
        (folder / f"{half}.json").write_text(json.dumps({"exit": code, "passed": 7, "failed": names}))
    return folder


@pytest.mark.parametrize("ended", [2, 3, 4, 5, 137])
def test_a_run_that_was_cut_off_gets_no_second_look(tmp_path: Path, ended: int) -> None:
    verdicts = second_look.read(_verdicts(tmp_path, "a.py::b", ended=ended))
    assert second_look.why_not(verdicts) == "a run was cut off or could not begin"


def test_more_than_three_failures_are_no_chance(tmp_path: Path) -> None:
    assert second_look.why_not(second_look.read(_verdicts(tmp_path, *"abcd"))) is not None
    assert second_look.why_not(second_look.read(_verdicts(tmp_path, *"abc"))) is None


def test_without_a_failed_test_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    assert second_look.main(_verdicts(tmp_path)) == 1


def test_a_half_that_never_ended_refuses(tmp_path: Path) -> None:
    (_verdicts(tmp_path, "a.py::b") / "browser.json").unlink()
    assert second_look.main(tmp_path) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "code"), [(("test_good_from_the_second_time_on",), 0), (("test_good", "test_broken_afterwards"), 1)]
)
def test_what_passes_by_itself_is_named_and_what_fails_again_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...], code: int
) -> None:
    suite = _suite(tmp_path / "suite")
    (suite / "mark").touch()
    tests = [f"{suite / 'test_these.py'}::{name}" for name in names]
    assert second_look.main(_verdicts(tmp_path / "verdicts", *tests)) == code
    said = capsys.readouterr().out
    assert [f"UNSTABLE: {test}" in said for test in tests] == [code == 0] * len(tests)
