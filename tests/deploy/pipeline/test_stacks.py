"""The pipeline's own templates: clean under every checker, with no star but those that are accepted, and waves as the file says."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from filelock import FileLock

from deploy.__main__ import main
from deploy.pipeline.app import STACK, account_stack_name, synthesize_pipeline
from deploy.pipeline.waves import load_waves
from deploy.stacks.accepted import accepted_in
from tests.deploy.assemblies import of_type
from tests.deploy.packaging.conftest import shared_folder

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
# Beside those of the stages' own stacks; 25 are allowed over all.
ACCEPTED = {"AwsSolutions-CB5", "AwsSolutions-IAM5", "CKV_AWS_18"}
Template = dict[str, Any]


@dataclass(frozen=True)
class Templates:
    folder: Path
    findings: list[str]

    def read(self, name: str) -> Template:
        found: Template = json.loads((self.folder / f"{name}.template.json").read_text("utf-8"))
        return found

    @property
    def pipeline(self) -> Template:
        return self.read(STACK)

    @property
    def account(self) -> Template:
        return self.read(account_stack_name("444455556666", "ap-northeast-1"))


def templates_of(factory: pytest.TempPathFactory, conveyor: str) -> Templates:
    """Once a run for each conveyor."""
    folder = shared_folder(factory) / f"pipeline-{conveyor}"
    told = folder.with_suffix(".findings")
    with FileLock(f"{folder}.lock", timeout=240):
        if not told.exists():
            waves = msgspec.structs.replace(load_waves(), conveyor=conveyor)
            told.write_text(json.dumps([str(one) for one in synthesize_pipeline(waves, folder)]), "utf-8")
    return Templates(folder, json.loads(told.read_text("utf-8")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return templates_of(tmp_path_factory, "codepipeline")


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return templates_of(tmp_path_factory, "github")


def test_cdk_nag_finds_nothing_that_is_not_accepted(made: Templates, github: Templates) -> None:
    assert made.findings == []
    assert github.findings == []


def test_cfn_lint_finds_nothing(made: Templates, github: Templates) -> None:
    files = [str(path) for one in (made, github) for path in sorted(one.folder.glob("*.template.json"))]
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([lint, "--ignore-checks", "W3005", "--", *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_checkov_finds_nothing(made: Templates, github: Templates, tmp_path: Path) -> None:
    checkov = ROOT / ".venv-checkov" / "bin" / "checkov"
    assert checkov.exists(), "make checkov"
    for kind, one in (("a", made), ("g", github)):
        for number, path in enumerate(sorted(one.folder.glob("*.template.json"))):
            shutil.copy(path, tmp_path / f"{kind}{number}.json")
    done = subprocess.run(
        [checkov, "--framework", "cloudformation", "--quiet", "--compact", "--skip-download", "-d", tmp_path],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]


def test_three_findings_are_accepted_and_no_more(made: Templates) -> None:
    """For the pipeline and one account; a second account has the same stack again."""
    found = [one["Rule"] for template in (made.pipeline, made.account) for _, one in accepted_in(template)]
    assert sorted(rule.partition("[")[0] for rule in found) == sorted(ACCEPTED)
    for template in (made.pipeline, made.account):
        for _, one in accepted_in(template):
            path, _, name = one["Test"].partition("::")
            assert f"def {name}(" in (ROOT / path).read_text("utf-8")


def stages_of(template: Template) -> list[Template]:
    (pipeline,) = of_type(template, "AWS::CodePipeline::Pipeline").values()
    stages: list[Template] = pipeline["Properties"]["Stages"]
    return stages


def test_built_once_signed_and_brought_in_waves(made: Templates) -> None:
    told = {
        stage["Name"]: {action["Name"]: action["RunOrder"] for action in stage["Actions"]}
        for stage in stages_of(made.pipeline)
    }
    assert list(told) == ["Source", "Build", "sign", "dev", "pooled"]
    assert told["dev"] == {"bring-dev": 1, "bake-dev": 2}
    assert told["pooled"] == {"approve-pooled": 1, "bring-prod": 2, "bake-pooled": 3}
    (pipeline,) = of_type(made.pipeline, "AWS::CodePipeline::Pipeline").values()
    assert pipeline["Properties"]["ExecutionMode"] == "QUEUED"
    assert "UpdatePipeline" not in told


def test_every_wave_gets_the_one_release(made: Templates) -> None:
    for stage in stages_of(made.pipeline):
        for action in stage["Actions"]:
            inputs = [one["Name"] for one in action.get("InputArtifacts", [])]
            if action["Name"].startswith(("bring-", "bake-")):
                assert "sign_Output" in inputs
            if action["Name"] == "sign":
                assert "build_Output" in inputs


def test_no_role_but_ours_and_each_with_its_file(made: Templates) -> None:
    roles = of_type(made.pipeline, "AWS::IAM::Role")
    names = {one["Properties"]["RoleName"] for one in roles.values()}
    assert names == {f"fumibako-pipeline-{name}" for name in ("build", "sign", "bring", "conveyor")}
    assert of_type(made.pipeline, "AWS::IAM::Policy") == {}
    rights = json.dumps(
        [one["Properties"]["PolicyDocument"] for one in of_type(made.pipeline, "AWS::IAM::RolePolicy").values()]
    )
    assert "*" not in rights
    for stage in stages_of(made.pipeline):
        for action in stage["Actions"]:
            assert action["RoleArn"] == {"Fn::GetAtt": ["ConveyorRole", "Arn"]}


def test_only_the_step_that_signs_may_sign(made: Templates) -> None:
    rights = {
        one["Properties"]["RoleName"]["Ref"]: json.dumps(one)
        for one in of_type(made.pipeline, "AWS::IAM::RolePolicy").values()
    }
    assert [name for name, told in sorted(rights.items()) if "kms:Sign" in told] == ["SignRole"]
    assert [name for name, told in sorted(rights.items()) if "sts:AssumeRole" in told] == ["BringRole"]


def test_the_build_alone_is_privileged_and_runs_the_pinned_image(made: Templates) -> None:
    projects = of_type(made.pipeline, "AWS::CodeBuild::Project")
    privileged = [one["Properties"] for one in projects.values() if one["Properties"]["Environment"]["PrivilegedMode"]]
    assert [one["Environment"]["Image"] for one in privileged] == [load_waves().build_image]
    assert "make test" in privileged[0]["Source"]["BuildSpec"]
    for one in projects.values():
        assert one["Properties"]["EncryptionKey"]
        assert not [
            each
            for each in one["Properties"]["Environment"].get("EnvironmentVariables", [])
            if "SECRET" in each["Name"]
        ]


def test_artifacts_are_closed_and_their_use_is_logged(made: Templates) -> None:
    buckets = [one["Properties"] for one in of_type(made.pipeline, "AWS::S3::Bucket").values()]
    assert len(buckets) == 2
    for one in buckets:
        assert all(one["PublicAccessBlockConfiguration"].values())
        assert one["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert [bool(one.get("LoggingConfiguration")) for one in buckets].count(True) == 1
    for policy in of_type(made.pipeline, "AWS::S3::BucketPolicy").values():
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert any(one["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(one) for one in statements)
        assert not any(one["Effect"] == "Allow" and one["Principal"] in ("*", {"AWS": "*"}) for one in statements)


def test_images_and_releases_are_never_overwritten(made: Templates) -> None:
    repositories = [one["Properties"] for one in of_type(made.account, "AWS::ECR::Repository").values()]
    assert sorted(one["RepositoryName"] for one in repositories) == [
        "fumibako",
        "fumibako-releases",
        "fumibako-scanner",
    ]
    assert {one["ImageTagMutability"] for one in repositories} == {"IMMUTABLE"}


def test_with_github_there_is_no_pipeline_and_roles_trust_its_environments(github: Templates) -> None:
    assert not (github.folder / f"{STACK}.template.json").exists()
    (sign,) = of_type(github.read(f"{STACK}-signing"), "AWS::IAM::Role").values()
    (release,) = of_type(github.account, "AWS::IAM::Role").values()
    for role, environment in ((sign, "release"), (release, "prod")):
        trust = json.dumps(role["Properties"]["AssumeRolePolicyDocument"])
        assert f'["repo:example/fumibako:environment:{environment}"]' in trust
        assert "sts:AssumeRoleWithWebIdentity" in trust


def test_keys_and_releases_outlive_their_stacks(made: Templates) -> None:
    for template in (made.pipeline, made.account):
        for kind in ("AWS::KMS::Key", "AWS::ECR::Repository", "AWS::S3::Bucket"):
            assert {one["DeletionPolicy"] for one in of_type(template, kind).values()} <= {"Retain"}


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pipeline", "synth", "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / f"{STACK}.template.json").is_file()
    assert capsys.readouterr().err == ""
