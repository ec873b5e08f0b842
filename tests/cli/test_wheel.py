"""The installable distribution: the client and the format, alone. It needs nothing of the server and imports nothing of it."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.support.people import ROOT

pytestmark = pytest.mark.slow
SOURCES = ("client", "fumibako_format")
VERSIONS = ("3.11", "3.12", "3.13")
SETTINGS = """[pytest]
addopts = -p no:cacheprovider
filterwarnings =
    error
    ignore::pytest.PytestUnraisableExceptionWarning
markers =
    slow: takes more than a few seconds
    root: needs root
"""
TESTS = ("tests/__init__.py", "tests/unit/__init__.py", "tests/unit/client")
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


def interpreter(version: str) -> str | None:
    """A Python of this version: the one that runs this, one of the variable PYTHONS (paths, as PATH has them), or one on the PATH."""
    named = [*os.environ.get("PYTHONS", "").split(os.pathsep), sys.executable]
    on_path = [str(Path(folder) / f"python{version}") for folder in os.environ.get("PATH", "").split(os.pathsep)]
    for candidate in [*named, *on_path]:
        # A name on the PATH may be a shim that knows of no such version: only what answers counts.
        if candidate and Path(candidate).is_file():
            asked = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
            done = subprocess.run(asked, capture_output=True, text=True)
            if done.returncode == 0 and done.stdout.strip() == version:
                return candidate
    return None


@pytest.mark.parametrize("version", VERSIONS)
def test_in_an_empty_environment_the_client_s_own_tests_pass(
    wheel: Path, tmp_path: Path, version: str, record_property: Callable[[str, object], None]
) -> None:
    """With what pip gets for it and nothing of this tree but the tests. A Python that is not here is reported, not failed."""
    python = interpreter(version)
    if python is None:
        record_property("not_run", f"no Python {version} on the PATH or in PYTHONS")
        return
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    inside = str(tmp_path / "venv" / "bin" / "python")
    pip = [inside, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    installed = subprocess.run([*pip, str(wheel), "pytest"], capture_output=True, text=True, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    for name in TESTS:
        (tmp_path / "alone" / name).parent.mkdir(parents=True, exist_ok=True)
        ignore = shutil.ignore_patterns("__pycache__")
        copy = shutil.copy if (ROOT / name).is_file() else partial(shutil.copytree, ignore=ignore)
        copy(ROOT / name, tmp_path / "alone" / name)
    (tmp_path / "alone" / "pytest.ini").write_text(SETTINGS)
    done = subprocess.run(
        [inside, "-m", "pytest", "-q", "tests"], cwd=tmp_path / "alone", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    record_property("ran", f"Python {version}: {done.stdout.splitlines()[-1]}")
