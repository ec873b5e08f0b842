"""An operator at the command line: a folder of stages, an emulator behind AWS's addresses, the verbs, and the account as it stands."""

import json
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import boto3

from deploy.__main__ import main
from deploy.account import Clients, regions_of
from deploy.box.emulator import ROOT, Emulator
from deploy.stage import STAGES, Stage, load_stage

ACCOUNT = "111122223333"
# All that the emulator takes; the services' nested stacks, containers and what stands on them are asserted on as templates.
LIFECYCLES = ("keys", "network", "blobs", "identity", "data", "messaging", "front", "web")
_LIKE_BOX = (STAGES / "box.toml").read_text("utf-8")


@dataclass
class Operator:
    """``run`` gives the exit code of one command line."""

    emulator: Emulator
    folder: Path
    stages: dict[str, Stage] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """In numbers: then S3's buckets stand in the path and need no name of their own."""
        return f"http://127.0.0.1:{self.emulator.port}"

    def run(self, line: str) -> int:
        """`deploy --stage run` and the like, without `python -m deploy`."""
        return main(shlex.split(line))

    def write_stage(self, name: str, **changed: str) -> Stage:
        """A stage like `box` in Tokyo, with these settings as TOML in place of its own."""
        self.write_file(name, **changed)
        self.stages[name] = load_stage(name)
        return self.stages[name]

    def write_file(self, name: str, **changed: str) -> None:
        """The same, right or wrong."""
        text = _LIKE_BOX.replace("us-east-1", "ap-northeast-1").replace("000000000000", ACCOUNT)
        text = text.replace("box.example", f"{name}.example")
        for setting, value in changed.items():
            lines = [line for line in text.splitlines() if not line.startswith(f"{setting} =")]
            text = "\n".join([f"{setting} = {value}", *lines])
        self.write_text(name, text)

    def write_text(self, name: str, text: str) -> None:
        """A file of the folder of stages."""
        (self.folder / f"{name}.toml").write_text(text, "utf-8")

    def stage(self, name: str) -> Stage:
        """As its file said when it was last right."""
        return self.stages[name]

    def forget(self, bucket: str) -> None:
        """What a test wrote: its files of stages but `run`, and what it put into a bucket."""
        for path in self.folder.glob("*.toml"):
            if path.stem != "run":
                path.unlink()
        s3 = self.client("s3")
        for one in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])

    @property
    def clients(self) -> Clients:
        """As the verbs make them."""
        return boto3.Session(region_name="ap-northeast-1").client  # type: ignore[no-any-return]  # boto3 ships no types

    def client(self, service: str, region: str = "ap-northeast-1") -> Any:
        """Another pair of eyes than the verbs'."""
        return boto3.client(service, region_name=region)

    def account(self, name: str) -> str:
        """Everything of the account that a verb could have changed, as text: so that before and after can be compared."""
        found: dict[str, Any] = {}
        for region in regions_of(self.stage(name)):
            stacks = self.client("cloudformation", region).describe_stacks()["Stacks"]
            found[f"stacks {region}"] = sorted(
                (one["StackId"], one["StackStatus"], str(one.get("LastUpdatedTime"))) for one in stacks
            )
            pages = self.client("ssm", region).get_paginator("describe_parameters").paginate()
            found[f"parameters {region}"] = sorted(
                (one["Name"], one["Version"]) for page in pages for one in page["Parameters"]
            )
            found[f"tables {region}"] = self.client("dynamodb", region).list_tables()["TableNames"]
        s3 = self.client("s3")
        for bucket in sorted(one["Name"] for one in s3.list_buckets()["Buckets"]):
            versions = s3.list_object_versions(Bucket=bucket)
            found[bucket] = sorted((one["Key"], one["ETag"]) for one in versions.get("Versions", []))
        found["keys"] = len(self.client("kms").list_keys()["Keys"])
        return json.dumps(found, indent=1, default=str)


def _profile(folder: Path) -> Path:
    """The profile `operator`, where a verb wants one."""
    path = folder / "aws-config"
    keys = f"aws_access_key_id = {ACCOUNT}\naws_secret_access_key = emulated\n"
    path.write_text(f"[profile operator]\nregion = ap-northeast-1\n{keys}", "utf-8")
    return path


@contextmanager
def operating(folder: Path) -> Iterator[Operator]:
    """An operator with an empty account, until the block ends."""
    stages = folder / "stages"
    stages.mkdir()
    shim = folder / "cdk"
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tests.deploy.running.taken_cdk "$@"\n', "utf-8")
    shim.chmod(0o755)
    with Emulator(folder, region="ap-northeast-1", account=ACCOUNT) as emulator, mock.patch.dict(os.environ):
        for name in [one for one in os.environ if one.startswith("AWS_")]:
            del os.environ[name]
        os.environ |= {
            # An address in numbers: then S3's buckets stand in the path and need no name of their own.
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{emulator.port}",
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_REGION": "ap-northeast-1",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "client"))),
            "HOME": str(folder),
            "AWS_CONFIG_FILE": str(_profile(folder)),
        }
        with (
            # The emulator knows no setting of the whole account; tests/deploy/preparing has it.
            mock.patch("deploy.preparing.pieces.PublicBlock.lacking", return_value=""),
            mock.patch("deploy.stage.STAGES", stages),
            mock.patch("deploy.cdk_command.PINNED", shim),
            mock.patch("deploy.app.written", return_value=list(LIFECYCLES)),
            mock.patch("deploy.verbs.deploy.ASSEMBLIES", folder / "assemblies"),
            mock.patch("deploy.verbs.remove.ASSEMBLIES", folder / "assemblies"),
        ):
            yield Operator(emulator, stages)
