"""A stage for a branch: its name, its file, its end, and that nothing but previews is ever swept."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy.__main__ import main
from deploy.app import build
from deploy.errors import Refused
from deploy.names import STAGE_NAME, bucket, stack
from deploy.pipeline import previews
from deploy.pipeline.previews import (
    ENDS,
    STAGE,
    ended_previews,
    open_preview,
    preview_name,
    remove_preview,
    stage_of_ended,
)
from deploy.stage import STAGES, Stage, load_stage

TODAY = date(2026, 4, 1)
END = date(2026, 4, 4)
ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
EMPTY = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


@pytest.fixture
def stages(tmp_path: Path) -> Path:
    """The tree's stages, in a folder of this test's."""
    for path in sorted(STAGES.glob("*.toml")):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def opened(stages: Path, branch: str, **other: Any) -> Stage:
    return open_preview(branch, **{"base": "dev", "ends": END, "today": TODAY, "folder": stages, **other})


@pytest.mark.parametrize(
    "branch", ["feature/Fix-Login", "1", "日本語".encode("punycode").decode(), "a" * 200, "x/y/z", "v1.2"]
)
def test_a_name_is_a_stage_s_and_the_branch_s_own(branch: str) -> None:
    name = preview_name(branch)
    assert STAGE_NAME.fullmatch(name)
    assert name.startswith("x")
    assert name != preview_name(f"{branch}-")
    assert name == preview_name(branch)


def test_a_preview_is_small_and_has_its_end(stages: Path) -> None:
    stage = opened(stages, "feature/fix")
    assert (stage.protected, stage.scanner, stage.compatible_downloads, stage.private_network) == (False,) * 4
    assert stage.ends == "2026-04-04"
    assert stage.account == load_stage("dev", stages).account
    assert stage.page_host == f"{stage.name}.dev.example.jp"
    assert {count for one in stage.reserved_concurrency.values() for count in one.values()} == {2}


def test_opening_again_moves_the_end(stages: Path) -> None:
    first = opened(stages, "feature/fix")
    assert opened(stages, "feature/fix", ends=date(2026, 4, 9)).ends == "2026-04-09"
    assert [path.stem for path in stages.glob("x*.toml")] == [first.name]


def test_two_branches_that_begin_alike_live_beside_each_other(stages: Path) -> None:
    assert opened(stages, "feature/fix-1").name != opened(stages, "feature/fix-2").name


def test_a_name_that_another_branch_has_is_refused(stages: Path) -> None:
    path = stages / f"{preview_name('feature/fix')}.toml"
    opened(stages, "feature/fix")
    path.write_text(path.read_text("utf-8").replace("feature/fix", "feature/other"), "utf-8")
    with pytest.raises(Refused, match="preview_taken"):
        opened(stages, "feature/fix")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"ends": date(2026, 3, 31)}, "end_wrong"),
        ({"ends": date(2026, 4, 16)}, "end_wrong"),
        ({"base": "prod"}, "preview_base"),
        ({"branch": "a b"}, "branch_unnamed"),
        ({"branch": 'a"\nprotected = true'}, "branch_unnamed"),
        ({"branch": ""}, "branch_unnamed"),
    ],
    ids=["past", "too far", "production", "a space", "a line", "nothing"],
)
def test_what_is_no_preview_is_refused_and_leaves_no_file(stages: Path, other: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused, match=code):
        opened(stages, **{"branch": "feature/fix", **other})
    assert list(stages.glob("x*.toml")) == []


def test_a_file_that_does_not_hold_is_not_left_behind(stages: Path) -> None:
    """The host is another stage's already."""
    taken = f"{preview_name('feature/fix')}.dev.example.jp"
    box = stages / "dev.toml"
    box.write_text(box.read_text("utf-8").replace("delivery =", f'tenant_hosts = ["{taken}"]\ndelivery ='), "utf-8")
    with pytest.raises(Refused, match="name_collision"):
        opened(stages, "feature/fix")
    assert list(stages.glob("x*.toml")) == []


def test_every_stack_of_a_preview_carries_its_end(stages: Path, tmp_path: Path) -> None:
    assert load_stage("dev", stages).ends == ""
    stage = opened(stages, "feature/fix")
    for made in build(stage, tmp_path / "out", lifecycles=["keys"]).synth().stacks:
        assert made.tags[ENDS] == "2026-04-04"
        assert made.tags[STAGE] == stage.name
        assert not made.termination_protection


class World:
    """moto's account with some stacks."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, *, region_name: str = REGION) -> Any:
        if (service, region_name) not in self._clients:
            self._clients[service, region_name] = boto3.client(service, region_name=region_name)
        return self._clients[service, region_name]

    def make(self, stage: str, lifecycle: str, *, ends: str | None, region: str = REGION) -> None:
        tags = [{"Key": STAGE, "Value": stage}, *([{"Key": ENDS, "Value": ends}] if ends else [])]
        self.client("cloudformation", region_name=region).create_stack(
            StackName=f"fumibako-{stage}-{lifecycle}", TemplateBody=EMPTY, Tags=tags
        )

    def stacks(self) -> list[str]:
        found = [
            one["StackName"]
            for region in (REGION, "us-east-1")
            for one in self.client("cloudformation", region_name=region).describe_stacks()["Stacks"]
        ]
        return sorted(found)


@pytest.fixture
def world(aws: None) -> World:
    return World()


def test_a_preview_goes_with_all_it_holds_and_nothing_else(world: World) -> None:
    gone, stays = stage_of_ended("xfix1234567", ACCOUNT, REGION), stage_of_ended("xfix7654321", ACCOUNT, REGION)
    for lifecycle in ("data", "services"):
        world.make(gone.name, lifecycle, ends="2026-03-31")
    world.make(gone.name, "web", ends="2026-03-31", region="us-east-1")
    world.make(stays.name, "data", ends="2026-04-01")
    world.make("dev", "data", ends=None)
    s3 = world.client("s3")
    for stage in (gone, stays):
        s3.create_bucket(Bucket=bucket(stage, "blobs"), CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket(stage, "blobs"), VersioningConfiguration={"Status": "Enabled"})
        for content in (b"1", b"2"):
            s3.put_object(Bucket=bucket(stage, "blobs"), Key="x", Body=content)
        s3.delete_object(Bucket=bucket(stage, "blobs"), Key="x")
    assert ended_previews(world.client, REGION, TODAY) == [gone.name]
    # Services before what they stand on.
    assert remove_preview(world.client, gone) == [stack(gone, "web"), stack(gone, "services"), stack(gone, "data")]
    assert world.stacks() == ["fumibako-dev-data", stack(stays, "data")]
    assert "Versions" not in s3.list_object_versions(Bucket=bucket(gone, "blobs"))
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket=bucket(gone, "blobs"))
    assert len(s3.list_object_versions(Bucket=bucket(stays, "blobs"))["Versions"]) == 2
    assert remove_preview(world.client, gone) == []


def test_a_stage_without_an_end_is_never_removed(world: World) -> None:
    stage = stage_of_ended("xfix1234567", ACCOUNT, REGION)
    world.make(stage.name, "services", ends="2026-03-31")
    world.make(stage.name, "data", ends=None)
    with pytest.raises(Refused, match="no_preview"):
        remove_preview(world.client, stage)
    assert len(world.stacks()) == 2


@pytest.fixture
def ours(stages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command reads these stages, in moto's account, on that day."""
    text = (stages / "dev.toml").read_text("utf-8").replace("111122223333", ACCOUNT)
    (stages / "dev.toml").write_text(text, "utf-8")
    for name in ("deploy.stage.STAGES", "deploy.pipeline.previews.STAGES"):
        monkeypatch.setattr(name, stages)
    monkeypatch.setattr(load_stage, "__defaults__", (stages,))
    monkeypatch.setattr(open_preview, "__kwdefaults__", {"folder": stages})
    monkeypatch.setattr(previews, "today", lambda: TODAY)


def test_one_that_can_not_go_keeps_no_other_from_it(
    world: World, ours: None, capsys: pytest.CaptureFixture[str]
) -> None:
    world.make("xfix1234567", "services", ends="2026-03-31")
    world.make("xfix1234567", "data", ends=None)
    world.make("xfix7654321", "services", ends="2026-03-31")
    assert main(["preview", "sweep"]) == 1
    told = capsys.readouterr()
    assert told.out == "fumibako-xfix7654321-services\n"
    assert told.err.startswith("xfix1234567 is left: no_preview")
    assert world.stacks() == ["fumibako-xfix1234567-data", "fumibako-xfix1234567-services"]


def test_from_the_command_line(world: World, stages: Path, ours: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "open", "feature/fix", "--days", "2"]) == 0
    name = capsys.readouterr().out.strip()
    assert load_stage(name, stages).ends == "2026-04-03"
    world.make(name, "services", ends="2026-04-03")
    assert main(["preview", "sweep"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["preview", "close", "feature/fix"]) == 0
    assert capsys.readouterr().out == f"fumibako-{name}-services\n"
    assert not (stages / f"{name}.toml").exists()
    world.make(name, "services", ends="2026-03-01")
    assert main(["preview", "sweep"]) == 0
    assert capsys.readouterr().out == f"fumibako-{name}-services\n"
