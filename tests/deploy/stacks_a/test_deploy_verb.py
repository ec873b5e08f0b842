"""The verbs that change an account, with moto for the account and a `cdk` on the path that writes down how it was called."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.__main__ import main
from deploy.before import PREPARED
from deploy.names import blobs_bucket, hold_parameter
from deploy.stage import Stage, load_stage
from deploy.turn import taken
from deploy.version import deployed_version, note_version, this_version
from tests.deploy.packaged import packaged

# moto's own account.
BOX = replace(load_stage("box"), account="123456789012")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    for verb in ("deploy", "remove"):
        monkeypatch.setattr(f"deploy.verbs.{verb}.ASSEMBLIES", tmp_path / "assemblies")
        monkeypatch.setattr(f"deploy.verbs.{verb}.load_stage", lambda _: BOX)
    # These put a `cdk` of their own first on the path.
    monkeypatch.setattr("deploy.cdk_command.PINNED", tmp_path / "none")
    # moto's Lambda knows no quota; tests/deploy/running has one that is too low.
    monkeypatch.setattr("deploy.before.concurrency_quota", lambda _: BOX.account_concurrency)
    with mock_aws():
        ssm().put_parameter(Name=PREPARED, Value="30", Type="String")
        yield BOX


@pytest.fixture
def cdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Puts a `cdk` first on the path that ends with this code; gives the file with its arguments."""

    def put(code: int) -> Path:
        called = tmp_path / "called"
        command = tmp_path / "cdk"
        command.write_text(f'#!/bin/sh\necho "$@" >> {called}\nexit {code}\n', "utf-8")
        command.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return called

    return put


def ssm() -> Any:
    return boto3.client("ssm", region_name=BOX.region)


@pytest.mark.slow
def test_a_deployment_notes_its_version_once_it_stands(
    account: Stage, cdk: Callable[[int], Path], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    called = cdk(1)
    with packaged(tmp_path_factory):
        assert main(["deploy", "--stage", "box"]) == 1
        assert deployed_version(ssm(), account) is None
        cdk(0)
        assert main(["deploy", "--stage", "box"]) == 0
    assert deployed_version(ssm(), account) == this_version()
    lines = called.read_text("utf-8").splitlines()
    assert lines == [f"deploy --app {tmp_path}/assemblies/box --require-approval never --all"] * 2


def test_an_older_tree_is_refused_before_anything_is_written(
    account: Stage, cdk: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    called = cdk(0)
    note_version(ssm(), account, "99.0.0")
    assert main(["deploy", "--stage", "box"]) == 2
    assert "[version_older]" in capsys.readouterr().err
    assert not called.exists()
    assert deployed_version(ssm(), account) == "99.0.0"


def test_a_hold_that_came_while_the_templates_were_made_is_seen(
    account: Stage, cdk: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called = cdk(0)

    def held_meanwhile(*_: object, **__: object) -> tuple[Path, list[object]]:
        ssm().put_parameter(Name=hold_parameter(account), Value="{}", Type="String")
        return Path("assembly"), []

    monkeypatch.setattr("deploy.stacks.findings.judged", held_meanwhile)
    assert main(["deploy", "--stage", "box", "--only", "keys"]) == 2
    assert "[stage_held]" in capsys.readouterr().err
    assert not called.exists()
    assert taken(ssm(), account) == ""


def test_one_stack_is_deployed_without_noting_a_version(account: Stage, cdk: Callable[[int], Path]) -> None:
    called = cdk(0)
    assert main(["deploy", "--stage", "box", "--only", "keys"]) == 0
    assert called.read_text("utf-8").split()[-1] == "fumibako-box-keys"
    assert deployed_version(ssm(), account) is None


def test_data_with_objects_in_it_is_not_removed(
    account: Stage, cdk: Callable[[int], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    called = cdk(0)
    s3 = boto3.client("s3", region_name=account.region)
    s3.create_bucket(Bucket=blobs_bucket(account))
    s3.put_object(Bucket=blobs_bucket(account), Key="tn/tr/bl", Body=b"x")
    assert main(["remove", "--stage", "box", "--only", "services", "blobs"]) == 2
    assert "[data_held]" in capsys.readouterr().err
    # Neither of the two: what is asked for together is judged together.
    assert not called.exists()


def test_without_the_cdk_command_that_is_said(
    account: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # node stays on the path: templates are written with it.
    node = shutil.which("node")
    assert node is not None
    (tmp_path / "node").symlink_to(node)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["deploy", "--stage", "box", "--only", "keys"]) == 2
    assert "[cdk_missing]" in capsys.readouterr().err
