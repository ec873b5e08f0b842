"""The box's clock: moved ahead by a file, for processes that have its folder on their path and no other."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deploy.box.clock_hand import ClockHand

CLOCK = Path(__file__).resolve().parents[3] / "deploy/box/clock"
PROGRAM = (
    "import time, os; print(time.time(), time.time_ns(), time.monotonic(), os.environ.get('AWS_SDK_UA_APP_ID', ''))"
)


def times(hand: ClockHand | None, **more: str) -> tuple[float, float, float, str]:
    """time.time, time.time_ns in seconds, time.monotonic, and the name a function gives itself, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CLOCK), **more}
    if hand is not None:
        environment["BOX_CLOCK"] = str(hand.path)
    ended = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    now, now_ns, monotonic, name = ended.stdout.rstrip("\n").split(" ")
    return float(now), int(now_ns) / 1e9, float(monotonic), name


def test_time_passes_for_both_clocks_and_not_for_the_monotonic_one(tmp_path: Path) -> None:
    hand = ClockHand(tmp_path / "clock")
    hand.pass_time(3_000)
    hand.pass_time(600)
    before, monotonic = time.time(), time.monotonic()
    now, now_ns, theirs, _ = times(hand)
    assert hand.ahead == 3_600
    for found in (now, now_ns):
        assert 3_600 <= found - before < 3_660
    assert 0 <= theirs - monotonic < 60


def test_without_the_variable_the_clock_is_the_machine_s() -> None:
    assert 0 <= times(None)[0] - time.time() + 60 < 120


def test_the_clock_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="never goes back"):
        ClockHand(tmp_path / "clock").pass_time(-1)


def test_a_function_imports_from_lambda_s_own_folder_and_tells_an_old_sdk_its_name(tmp_path: Path) -> None:
    (tmp_path / "boto3.py").write_text("print('of the runtime')")
    program = "import boto3, os; print(os.environ['AWS_EXECUTION_ENV'])"
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CLOCK), "BOX_RUNTIME": str(tmp_path)}
    named = {"AWS_LAMBDA_FUNCTION_NAME": "fumibako-auth-box-signed_in"}
    ran = subprocess.run([sys.executable, "-c", program], env=environment | named, capture_output=True, text=True)
    assert ran.stdout == "of the runtime\nAWS_Lambda_python3.11 app/auth-box-signed_in\n"
    # The emulator itself keeps its own.
    ended = subprocess.run(
        [sys.executable, "-c", "import sys; print(sys.path)"], env=environment, capture_output=True, text=True
    )
    assert str(tmp_path) not in ended.stdout


def test_a_function_names_itself_to_aws(tmp_path: Path) -> None:
    named = times(None, AWS_LAMBDA_FUNCTION_NAME="fumibako-transfers-box-relay_outbox")[3]
    assert named == "transfers-box-relay_outbox"
    assert times(None)[3] == ""
