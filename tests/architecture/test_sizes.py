"""Files and functions that fit into a head: no Python file and no function grows beyond these lines, wherever it stands."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.pages import ROOT
from tests.architecture.test_docs import TRACKED

FILES, OF_TESTS = 400, 450
FUNCTIONS, OF_STORIES = 65, 215
# Words of a list, one a line: data that is code because nothing that reads files may stand in the domain.
DATA = {"chalicelib/domain/common_passwords.py"}
SOURCES = sorted(name for name in TRACKED if name.endswith(".py") and (ROOT / name).exists())
ROOMS = sorted({name.split("/")[0] for name in SOURCES})


@cache
def lines_of(name: str) -> int:
    return len((ROOT / name).read_text("utf-8").splitlines())


def functions_of(path: Path) -> dict[str, int]:
    """Name -> lines of every function of a file, decorators left out."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)]
    return {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in nodes}


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_grows_beyond_its_limit(room: str) -> None:
    limit = OF_TESTS if room == "tests" else FILES
    names = [name for name in SOURCES if name.split("/")[0] == room and name not in DATA]
    assert {name: lines_of(name) for name in names if lines_of(name) > limit} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_no_function_grows_beyond_its_limit(room: str) -> None:
    limit = OF_STORIES if room == "tests" else FUNCTIONS
    long = {
        f"{name}::{function}": lines
        for name in SOURCES
        # A file that is no longer than that has no function that is.
        if name.split("/")[0] == room and name not in DATA and lines_of(name) > limit
        for function, lines in functions_of(ROOT / name).items()
        if lines > limit
    }
    assert long == {}


def test_the_exceptions_are_still_needed_and_are_data() -> None:
    for name in sorted(DATA):
        assert lines_of(name) > FILES
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]


def test_a_long_function_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "long.py"
    file.write_text("def short() -> None: ...\ndef long() -> None:\n" + "    pass\n" * FUNCTIONS, "utf-8")
    assert functions_of(file) == {"short": 1, "long": FUNCTIONS + 1}
