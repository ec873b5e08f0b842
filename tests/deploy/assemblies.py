"""Synthesized stages, once a run: whoever comes first makes them, the other workers wait and read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from deploy.names import stack
from deploy.stage import Stage, load_stage
from deploy.templates import templates_of
from tests.deploy.packaged import packaged

Template = dict[str, Any]


@dataclass(frozen=True)
class Assembly:
    """The templates of one stage, with what the checks found in them."""

    stage: Stage
    folder: Path
    findings: list[str]

    def template(self, lifecycle: str) -> Template:
        """The template of one stack."""
        path = self.folder / f"{stack(self.stage, lifecycle)}.template.json"
        found: Template = json.loads(path.read_text("utf-8"))
        return found

    def templates(self) -> dict[str, Template]:
        """Stack name -> template."""
        return templates_of(self.folder)


def assembly_of(name: str, factory: pytest.TempPathFactory) -> Assembly:
    """The stage of this name under cdk-nag, with every stack: tests of a few of them take those out of the one that all share."""
    base = factory.getbasetemp()
    # Workers of xdist have folders of their own beside each other.
    shared = base.parent if base.name.startswith("popen-") else base
    folder = shared / f"assembly-{name}"
    stage = load_stage(name)
    findings = folder.with_suffix(".findings")
    with FileLock(f"{folder}.lock", timeout=240):
        if not findings.exists():
            from deploy.stacks.findings import judged

            with packaged(factory):
                _, found = judged(stage, folder)
            findings.write_text(json.dumps([str(one) for one in found]), "utf-8")
    return Assembly(stage, folder, json.loads(findings.read_text("utf-8")))


def of_type(template: Template, kind: str) -> dict[str, Template]:
    """Logical id -> resource of one type."""
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def statements_of(policy: Any) -> list[Template]:
    """Statements of a policy document."""
    found: list[Template] = policy["Statement"]
    return found


def words(value: Any) -> list[str]:
    """One text or several, as several."""
    return [value] if isinstance(value, str) else list(value)
