"""Who may import whom where import-linter can't look, and habits of the house that a machine can check."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = sorted((ROOT / "services").glob("*/app.py"))
DOMAIN = sorted((ROOT / "chalicelib/domain").glob("*.py"))
PURE = {
    "base64", "bisect", "collections", "contextlib", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "hashlib", "heapq", "hmac",
    "html", "ipaddress", "itertools", "json", "math", "operator", "re", "string", "struct", "typing", "unicodedata", "urllib", "abc", "types",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_there_are_four_services() -> None:
    assert [path.parent.name for path in APPS] == ["auth", "notifications", "reporting", "transfers"]


@pytest.mark.parametrize("path", APPS, ids=lambda path: path.parent.name)
def test_an_app_knows_chalice_bootstrap_api_and_use_cases(path: Path) -> None:
    allowed = (
        "chalice",
        "chalicelib.bootstrap",
        "chalicelib.api",
        "chalicelib.use_cases",
        "typing",
        "os",
        "collections",
        "functools",
    )
    for name in imported(path):
        assert name.startswith(allowed), f"{path.parent.name}/app.py imports {name}"
    assert len(path.read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", DOMAIN, ids=lambda path: path.stem)
def test_the_domain_uses_pure_parts_of_the_standard_library_alone(path: Path) -> None:
    for name in imported(path):
        assert name.startswith("chalicelib.domain") or name.split(".")[0] in PURE, f"{path.name} imports {name}"


def test_importing_does_nothing() -> None:
    """No client is built, no file opened for writing, no socket made, whatever is imported."""
    script = """
import socket, sys, pkgutil, importlib, builtins
def refuse(*a, **k): raise AssertionError("import opened a socket")
socket.socket.connect = refuse
import chalicelib, fumibako_format, fumibako
for package in (chalicelib, fumibako_format, fumibako):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if "migrations" not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
assert "boto3.session" not in sys.modules or not sys.modules["boto3"].DEFAULT_SESSION
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("room", ["chalicelib.ports", "chalicelib.use_cases", "chalicelib.domain", "fumibako_format"])
def test_every_module_and_public_function_says_what_it_is(room: str) -> None:
    package = importlib.import_module(room)
    for found in pkgutil.walk_packages(package.__path__, f"{room}."):
        path = ROOT / (found.name.replace(".", "/") + ("/__init__.py" if found.ispkg else ".py"))
        tree = ast.parse(path.read_text("utf-8"))
        assert ast.get_docstring(tree), found.name
        if room == "chalicelib.ports":
            continue  # a method of a port is described by the sentences of its contract
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{found.name}.{node.name}"


def test_files_stay_small() -> None:
    """The budgets of the house; tables of data are exempt by name."""
    tables = {"problem_catalogue.py", "settings.py", "common_passwords.py"}
    limits = {"chalicelib/domain": 200, "chalicelib/ports": 160, "chalicelib/adapters": 260}
    for top in ("chalicelib", "fumibako_format", "client", "onprem", "services", "demo", "tools"):
        for path in (ROOT / top).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            limit = next((limit for prefix, limit in limits.items() if name.startswith(prefix)), 320)
            lines = len(path.read_text("utf-8").splitlines())
            assert lines <= limit or path.name in tables or "migrations" in name, f"{name} has {lines} lines"
