"""``python -m demo`` as a stranger runs it: the story ends well, or with the right error where something was broken."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.e2e.support.people import ROOT

pytestmark = pytest.mark.slow
LAST_LINE = re.compile(r"DEMO OK ([0-9a-f]{64}) (\d+\.\d)\Z")


def demo(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """One story in a folder of its own, to its end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
    path = f"{ROOT}{os.pathsep}{ROOT / 'client'}"
    environment = {**kept, "PYTHONPATH": path, "ONCE": "1", **variables}
    command = [sys.executable, "-m", "demo"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes) as story:
        try:
            told, complained = story.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            story.terminate()  # and not kill: the demo then stops the servers it started
            raise
    return subprocess.CompletedProcess(command, story.returncode, told, complained)


def ends_well(folder: Path, **variables: str) -> str:
    """The SHA-256 of a story that ended well. Nothing of it is left in the folder."""
    ended = demo(folder, **variables)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    match = LAST_LINE.match(ended.stdout.splitlines()[-1])
    assert match is not None, ended.stdout
    assert "destroyed, its absence verified by listing" in ended.stdout
    assert "certificate verified offline" in ended.stdout
    assert "neither the marker in the file nor its name is in any of" in ended.stdout
    assert not list((folder / ".demo").iterdir())
    return match[1]


def test_every_step_is_told_with_its_time(tmp_path: Path) -> None:
    ended = demo(tmp_path, SIZE="20MiB")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    steps = re.findall(r"(?m)^\[ *\d+\.\d\d s\] (.+)$", ended.stdout)
    told = ("service up", "file ready: 20,971,520 bytes", "signed in", "sent tr_", "mail arrived", "code was mailed")
    told += ("the guest has it", "recalled", "destroyed", "certificate verified", "neither the marker")
    places = [next(i for i, step in enumerate(steps) if words in step) for words in told]
    assert places == sorted(places)
    assert LAST_LINE.match(ended.stdout.splitlines()[-1])
    assert ended.stderr == ""


@pytest.mark.parametrize("size", ["0", "1"])
def test_the_smallest_files(tmp_path: Path, size: str) -> None:
    digest = ends_well(tmp_path, SIZE=size)
    if size == "0":
        assert digest == hashlib.sha256(b"").hexdigest()


def test_a_file_of_ones_own_with_a_japanese_name(tmp_path: Path) -> None:
    letter = tmp_path / "お手紙、第二版.txt"
    letter.write_text("拝啓\n時下ますますご清栄のこととお慶び申し上げます。\n", "utf-8")
    assert ends_well(tmp_path, FILE=str(letter)) == hashlib.sha256(letter.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [("flip", 6, "[integrity_failed]"), ("key", 5, "[key_gone]"), ("cert", 6, "[proof_invalid]")],
)
def test_what_is_broken_ends_the_story_with_the_right_error(tmp_path: Path, what: str, code: int, said: str) -> None:
    ended = demo(tmp_path, BREAK=what, SIZE="3MiB")
    assert ended.returncode == code, ended.stdout + ended.stderr
    last = ended.stdout[ended.stdout.index("DEMO FAILED") :]
    assert said in last
    assert "fumibako: Next: " in last
    assert "DEMO OK" not in ended.stdout


def test_on_postgresql(tmp_path: Path) -> None:
    ends_well(tmp_path, STORE="postgresql", SIZE="5MiB")


def test_on_dynamodb_and_s3(tmp_path: Path) -> None:
    ends_well(tmp_path, STORE="aws")


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({"STORE": "floppy"}, "STORE is sqlite, postgresql or aws"),
        ({"BREAK": "everything"}, "BREAK is flip, key or cert"),
        ({"BREAK": "flip", "STORE": "aws"}, "BREAK=flip changes a byte on the disk"),
        ({"STORE": "aws", "SIZE": "1MiB"}, "takes a file of 17 MiB or more"),
        ({"SIZE": "-1"}, "SIZE is a number of bytes"),
        ({"SIZE": "12 parsecs"}, "SIZE is a number of bytes"),
        ({"FILE": "/nowhere/at/all"}, "FILE=/nowhere/at/all is not a file"),
    ],
)
def test_variables_that_make_no_sense(tmp_path: Path, variables: dict[str, str], why: str) -> None:
    ended = demo(tmp_path, **variables)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert why in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_once_it_stays_up_until_it_is_stopped(tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
    path = f"{ROOT}{os.pathsep}{ROOT / 'client'}"
    environment = {**kept, "PYTHONPATH": path, "SIZE": "1", "ONCE": "", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "demo"]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("Ctrl-C stops it."):
                break
        shown = "".join(told)
        match = re.search(r"first admin +(\S+) +password +(\S+)\n +sign in +fumibako login (\S+) --email (\S+)", shown)
        assert match is not None, shown
        email, password, url, _ = match.groups()
        signed_in = subprocess.run(
            [sys.executable, "-m", "fumibako.cli", "login", url, "--email", email, "--password-file", "-", "--json"],
            env={**environment, "FUMIBAKO_HOME": str(tmp_path / "home")},
            input=password + "\n",
            capture_output=True,
            text=True,
        )
        assert signed_in.returncode == 0, signed_in.stderr
        assert json.loads(signed_in.stdout)["member"]["email"] == email
        assert_open_for_a_guest(shown, url)
        process.send_signal(2)
        rest = process.stdout.read()
        assert process.wait(60) == 0
        assert LAST_LINE.match(rest.splitlines()[-1]), rest
    finally:
        process.kill()
        process.wait()


def assert_open_for_a_guest(shown: str, url: str) -> None:
    """The link that is shown is good, and the guest's mails can be read where the demo says."""
    match = re.search(r"a guest's page +(\S+)", shown)
    assert match is not None, shown
    link = match[1]
    assert link.startswith(f"{url}/l#")
    looked = httpx.post(f"{url}/auth/v1/links/look", json={"token": link.partition("#")[2]}).json()
    assert (looked["state"], looked["title"]) == ("ready", "Welcome")
    assert f"{url}/mail" in shown
    mails = httpx.get(f"{url}/mail").text
    assert link in mails
    assert "visitor@partner.example" in mails
