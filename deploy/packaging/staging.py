"""A clean copy of one service: what its zip and the image are made of, and where `chalice package` runs.

Chalice packs app.py, chalicelib and vendor, follows no links and packs compiled modules too; so the sources are copied, never linked.
"""

import json
import shutil
from pathlib import Path
from typing import Any, Final

from deploy.packaging.functions import functions_of
from deploy.packaging.policies import POLICIES, document

ROOT: Final = Path(__file__).resolve().parents[2]
# What a package of ours is made of; anything else beside it (compiled modules, editors' files) stays away.
SUFFIXES: Final = frozenset((".py", ".json", ".html", ".mako", ".typed"))
CHALICE_STAGE: Final = "package"


def stage(service: str, folder: Path, policies: Path = POLICIES) -> Path:
    """Make ``folder``/<service> anew: app.py, chalicelib, vendor, requirements.txt and .chalice."""
    staged = folder / service
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True)
    shutil.copyfile(ROOT / "services" / service / "app.py", staged / "app.py")
    copy_sources(ROOT / "chalicelib", staged / "chalicelib")
    copy_sources(ROOT / "fumibako_format", staged / "vendor" / "fumibako_format")
    # Empty for Chalice: it would fetch without hashes. What the zip needs comes by wheels.py.
    (staged / "requirements.txt").write_text("# Fetched by hash and put into the zip beside this.\n", "utf-8")
    _configure(service, staged / ".chalice", policies)
    return staged


def copy_sources(source: Path, target: Path) -> None:
    """The files of a package of ours, without what is no source."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix in SUFFIXES and "__pycache__" not in path.parts:
            placed = target / path.relative_to(source)
            placed.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, placed)


def _configure(service: str, folder: Path, policies: Path) -> None:
    folder.mkdir()
    config: dict[str, Any] = json.loads((ROOT / "services" / service / ".chalice" / "config.json").read_text("utf-8"))
    own: dict[str, Any] = {}
    for function in functions_of(service):
        name = f"policy-{function.name}.json"
        (folder / name).write_text(json.dumps(document(function, policies), indent=1), "utf-8")
        own[function.name] = {"iam_policy_file": name}
    config["stages"][CHALICE_STAGE]["lambda_functions"] = own
    (folder / "config.json").write_text(json.dumps(config, indent=1), "utf-8")
