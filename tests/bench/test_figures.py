"""Each figure still runs, at its smallest size and with its real peers; what it prints obeys spec/bench.schema.json."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bench.__main__ import figure_of, names

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = Draft202012Validator(json.loads((ROOT / "spec/bench.schema.json").read_text("utf-8")))


@pytest.mark.slow
@pytest.mark.root
@pytest.mark.parametrize("name", names())
def test_a_figure_runs_and_prints_what_the_schema_says(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", name, "--json", "--smallest", "--runs", "1", "--folder", str(tmp_path)]
    paths = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'client'}"}
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | paths, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr[-3000:]
    [line] = ended.stdout.splitlines()
    said = json.loads(line)
    SCHEMA.validate(said)
    assert (said["figure"], said["runs"], said["size"]) == (name, 1, figure_of(name).smallest)
    assert said["checked"], said["notes"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", names())
def test_a_figure_is_called_as_its_module(name: str) -> None:
    figure = figure_of(name)
    assert figure.name == name
    assert 0 < figure.smallest <= figure.size
    assert figure.runs >= 1
