"""cdk-nag, cfn-lint and checkov over every stage; what is accepted is counted, and each risk has its test."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.errors import Refused
from deploy.stacks.accepted import accept, accepted_in
from deploy.stacks.findings import acknowledged
from deploy.stage import stage_names
from tests.deploy.assemblies import Assembly, assembly_of
from tests.deploy.pipeline.test_stacks import ACCEPTED as OF_THE_PIPELINE

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
MOST = 25
# CDK writes out dependencies that a reference already makes.
PASSED_OVER = "W3005"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Assembly]:
    """Every stage with every stack."""
    return {name: assembly_of(name, tmp_path_factory) for name in stage_names()}


def test_every_stage_is_written_without_an_account(stages: dict[str, Assembly]) -> None:
    assert sorted(stages) == ["box", "dev", "prod"]
    assert all(assembly.templates() for assembly in stages.values())


def test_cdk_nag_finds_nothing_that_is_not_accepted(stages: dict[str, Assembly]) -> None:
    assert {name: assembly.findings for name, assembly in stages.items() if assembly.findings} == {}


def test_cfn_lint_finds_nothing(stages: dict[str, Assembly]) -> None:
    files = [str(path) for one in stages.values() for path in sorted(one.folder.glob("*.template.json"))]
    done = subprocess.run(
        [Path(sys.executable).parent / "cfn-lint", "--ignore-checks", PASSED_OVER, "--", *files],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_checkov_finds_nothing(stages: dict[str, Assembly], tmp_path: Path) -> None:
    checkov = ROOT / ".venv-checkov" / "bin" / "checkov"
    assert checkov.exists(), "make checkov"
    for assembly in stages.values():
        for path in assembly.folder.glob("*.template.json"):
            # Short names: checkov takes a long one for a secret, because it looks at the path as if it were a variable.
            name = path.name.removesuffix(".template.json").removesuffix(".nested")[-24:]
            shutil.copy(path, tmp_path / f"{assembly.stage.name}-{name}.json")
    done = subprocess.run(
        [checkov, "--framework", "cloudformation", "--quiet", "--compact", "--skip-download", "-d", tmp_path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]


def test_few_findings_are_accepted(stages: dict[str, Assembly]) -> None:
    """Over all stacks of the stage that has everything, and the pipeline's own."""
    found = [one for template in stages["prod"].templates().values() for one in accepted_in(template)]
    assert 0 < len(found) <= MOST - len(OF_THE_PIPELINE)


def test_each_acceptance_has_a_reason_and_a_test_that_is_there(stages: dict[str, Assembly]) -> None:
    for assembly in stages.values():
        for template in assembly.templates().values():
            for _, one in accepted_in(template):
                assert len(one["Reason"].split()) >= 5, one
                path, _, name = one["Test"].partition("::")
                assert name in functions(ROOT / path), one["Test"]


def test_nothing_is_passed_over_elsewhere(stages: dict[str, Assembly]) -> None:
    """cdk-nag's report tells what was acknowledged: that is what stands in the templates, and on resources alone."""
    for assembly in stages.values():
        templates = assembly.templates().values()
        ours = [one["Rule"] for template in templates for _, one in accepted_in(template)]
        passed = [one.rule for one in acknowledged(assembly.folder) if one.rule.startswith("AwsSol")]
        assert sorted(passed) == sorted(rule for rule in ours if rule.startswith("AwsSolutions"))
        for template in templates:
            assert "checkov" not in template.get("Metadata", {})
            for resource in template["Resources"].values():
                skipped = [one["id"] for one in resource.get("Metadata", {}).get("checkov", {}).get("skip", [])]
                accepted = [one["Rule"] for one in resource.get("Metadata", {}).get("Accepted", [])]
                assert set(skipped) <= set(accepted)


def test_a_stack_takes_no_acceptance() -> None:
    import aws_cdk as cdk

    app = cdk.App()
    for scope in (app, cdk.Stack(app, "stack")):
        with pytest.raises(TypeError, match="Only a resource"):
            accept(scope, "AwsSolutions-S1", reason="because it is so", test="a::b")


def test_a_finding_that_is_not_accepted_is_told(tmp_path: Path) -> None:
    """The judge itself: a bucket without logs is found, an accepted one is not, and the other stays found."""
    import aws_cdk as cdk
    import cdk_nag
    from aws_cdk import aws_s3 as s3

    from deploy.stacks.findings import _read

    app = cdk.App(outdir=str(tmp_path))
    stack = cdk.Stack(app, "stack")
    accepted, other = s3.Bucket(stack, "Accepted", enforce_ssl=True), s3.Bucket(stack, "Other", enforce_ssl=True)
    accept(accepted, "AwsSolutions-S1", reason="because it is so", test="a::b")
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert other.node.path == "stack/Other"
    assert [(one.rule, one.where) for one in _read(tmp_path, "violations")] == [
        ("AwsSolutions-S1", "stack/Other/Resource")
    ]


def functions(path: Path) -> set[str]:
    """Names of the functions of a test file."""
    if not path.is_file():
        raise Refused("test_missing", f"{path} is not there.", "Name a test that is.")
    return {node.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)}
