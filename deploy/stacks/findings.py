"""What cdk-nag and CDK's own rules find in the templates of a stage, beyond what is accepted on a resource (`deploy.stacks.accepted`)."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import cdk_nag

from deploy.app import build
from deploy.stage import Stage

REPORT: Final = "validation-report.json"


@dataclass(frozen=True)
class Finding:
    """One rule on one resource. ``where`` is the path of the construct."""

    rule: str
    where: str
    text: str
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {self.where}: {self.text}"


def judged(stage: Stage, outdir: Path, *, lifecycles: Sequence[str] | None = None) -> tuple[Path, list[Finding]]:
    """Synthesize into ``outdir`` under cdk-nag's AwsSolutions rules; gives the folder and what is not accepted."""
    app = build(stage, outdir, lifecycles=lifecycles)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        # Templates and report are written before the library fails.
        if "ValidationFailed" not in str(error):
            raise
    return outdir, violations(outdir)


def violations(assembly: Path) -> list[Finding]:
    """What was found and is not accepted."""
    return list(_read(assembly, "violations"))


def acknowledged(assembly: Path) -> list[Finding]:
    """Findings that were passed over, with the reason: ours, and those that the library acknowledges for itself."""
    return list(_read(assembly, "suppressedViolations"))


def _read(assembly: Path, member: str) -> Iterator[Finding]:
    report: dict[str, Any] = json.loads((assembly / REPORT).read_text("utf-8"))
    for plugin in report["pluginReports"]:
        for found in plugin.get(member, ()):
            for construct in found["violatingConstructs"]:
                where = str(construct.get("constructPath", ""))
                yield Finding(found["ruleName"], where, found["description"], found.get("reason", ""))
