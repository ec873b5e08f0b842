"""A stage's account in moto, with what moto does not do: layers that can be fetched, and a `cdk` that notes what it was asked."""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import boto3

from deploy.names import page_bucket
from deploy.pipeline.alarms import watched
from deploy.pipeline.bring import Site
from deploy.pipeline.store import REPOSITORY, ReleaseStore
from deploy.stage import Stage
from tests.deploy.pipeline.releases import Keys, write_release

REGION = "ap-northeast-1"
HEADERS = json.dumps({"routes": {"*": "/index.html"}, "rules": [{"match": "/*", "headers": {}}]})


class Ecr:
    """moto's registry; it has no GetDownloadUrlForLayer, so what was uploaded is kept here by digest. A layer is taken once, as ECR does."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._parts: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self._taken: set[tuple[str, str]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def upload_layer_part(self, **asked: Any) -> Any:
        upload = asked["uploadId"]
        self._parts[upload] = self._parts.get(upload, b"") + asked["layerPartBlob"]
        return self._client.upload_layer_part(**asked)

    def complete_layer_upload(self, **asked: Any) -> Any:
        content = self._parts.pop(asked["uploadId"])
        (digest,) = asked["layerDigests"]
        assert digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
        if (asked["repositoryName"], digest) in self._taken:
            raise self._client.exceptions.LayerAlreadyExistsException(
                {"Error": {"Code": "LayerAlreadyExistsException", "Message": digest}}, "CompleteLayerUpload"
            )
        self._taken.add((asked["repositoryName"], digest))
        self.blobs[digest] = content
        return self._client.complete_layer_upload(**asked)

    def get_download_url_for_layer(self, *, repositoryName: str, layerDigest: str) -> dict[str, str]:  # noqa: N803
        assert repositoryName == REPOSITORY
        return {"downloadUrl": layerDigest, "layerDigest": layerDigest}

    def open(self, url: str) -> IO[bytes]:
        return io.BytesIO(self.blobs[url])


@dataclass
class Account:
    """One stage and its account. ``calls``: (assembly's stage, stacks, exclusively) of each cdk deploy; ``ends`` its exit code."""

    stage: Stage
    keys: Keys
    folder: Path
    calls: list[tuple[str, list[str], bool]] = field(default_factory=list)
    ends: int = 0
    faults: list[str] = field(default_factory=list)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ecr = Ecr(boto3.client("ecr", region_name=REGION))
        for name in ("fumibako", "fumibako-scanner", REPOSITORY):
            self.ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
        self.client("s3").create_bucket(
            Bucket=page_bucket(self.stage), CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def client(self, service: str, **more: Any) -> Any:
        if service == "ecr":
            return self.ecr
        region = more.get("region_name", REGION)
        # Each takes a third of a second to make.
        if (service, region) not in self._clients:
            self._clients[service, region] = boto3.client(service, region_name=region)
        return self._clients[service, region]

    def cdk(self, assembly: Path, stacks: Sequence[str], *, exclusively: bool) -> int:
        self.calls.append((assembly.name, list(stacks), exclusively))
        return self.ends

    @property
    def site(self) -> Site:
        return Site(
            stage=self.stage,
            clients=self.client,
            look=self.client,
            cdk=self.cdk,
            smoke=lambda host: [f"{host}: {one}" for one in self.faults],
            key=self.keys.public,
            store=ReleaseStore(self.ecr, self.client("ssm"), opener=self.ecr.open),
        )

    def release(self, version: str, committed: int = 1_000) -> Path:
        """A signed release with two stacks of the stage, one that keeps data and one that does not."""
        folder = self.folder / f"{version}-{committed}"
        name = self.stage.name
        write_release(
            folder,
            self.keys,
            version=version,
            committed=committed,
            **{
                "page/headers.json": HEADERS,
                "page/index.html": f"page of {version}",
                f"assembly/{name}/fumibako-{name}-data.template.json": "{}",
                f"assembly/{name}/fumibako-{name}-services.template.json": "{}",
            },
        )
        return folder

    def ring(self, state: str = "ALARM") -> str:
        """Let the first alarm that wakes somebody ring, or be quiet."""
        name = watched(self.stage)[0]
        cloudwatch = self.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="told")
        return name

    def parameter(self, name: str) -> str:
        value: str = self.client("ssm").get_parameter(Name=f"/fumibako/{self.stage.name}/{name}")["Parameter"]["Value"]
        return value
