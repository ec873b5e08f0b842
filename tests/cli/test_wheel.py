"""The installable distribution: the client and the format, alone. It needs nothing of the server and imports nothing of it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.support.people import ROOT

pytestmark = pytest.mark.slow
SOURCES = ("client", "fumibako_format")
CHECK = """
import sys, importlib.metadata
from fumibako.cli import main
from fumibako.cli.command import build_parser
build_parser()
foreign = [n for n in sys.modules if n.split(".")[0] in
           ("chalice", "chalicelib", "boto3", "botocore", "pynamodb", "sqlalchemy", "starlette", "onprem", "demo", "tests")]
assert not foreign, foreign
import fumibako, fumibako_format
assert fumibako.__file__.startswith(sys.argv[1]), fumibako.__file__
assert fumibako_format.__file__.startswith(sys.argv[1]), fumibako_format.__file__
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: setuptools writes beside its sources."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / "source" / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q", "-w", str(folder), "."]
    subprocess.run(command, cwd=folder / "source", check=True, capture_output=True)
    [built] = folder.glob("fumibako-*.whl")
    return built


def test_it_holds_the_client_and_the_format_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"fumibako", "fumibako_format"}
    wanted = {p.relative_to(ROOT / "client").as_posix() for p in (ROOT / "client" / "fumibako").rglob("*.py")}
    wanted |= {"fumibako/messages_en.json", "fumibako/messages_ja.json", "fumibako/py.typed"}
    assert wanted <= set(names)


def test_installed_alone_it_runs_and_imports_nothing_of_the_server(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "alone"
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-index",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    # What the wheel names as its dependencies and what these need, and no more of this environment.
    site = Path(next(p for p in sys.path if p.endswith("site-packages")))
    for package in (
        "cryptography",
        "cffi",
        "_cffi_backend*",
        "pycparser",
        "httpx",
        "httpcore",
        "h11",
        "anyio",
        "idna",
        "certifi",
        "sniffio",
        "typing_extensions.py",
    ):
        for found in site.glob(package):
            (target / found.name).symlink_to(found)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(target)}
    alone = [sys.executable, "-S"]
    done = subprocess.run(
        [*alone, "-c", CHECK, str(target)], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    script = target / "bin" / "fumibako"
    assert script.exists()
    done = subprocess.run(
        [*alone, str(script), "--help"], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("usage: fumibako")
