"""The packages, once a run: whoever comes first makes them, the other workers wait and read."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from filelock import FileLock
from moto.server import ThreadedMotoServer

from chalicelib.adapters.dynamodb_connection import create_table, dynamodb_connection
from deploy.packaging.archive import read_zip
from deploy.packaging.image_root import make_root
from deploy.packaging.package import package
from deploy.packaging.staging import ROOT


@dataclass(frozen=True)
class Packages:
    """A folder as `python -m deploy package` leaves it."""

    build: Path

    def folder(self, service: str) -> Path:
        return self.build / "packages" / service

    def template(self, service: str, *, image: bool = False) -> dict[str, Any]:
        name = "template-image.json" if image else "template.json"
        found: dict[str, Any] = json.loads((self.folder(service) / name).read_text("utf-8"))
        return found

    def files(self, service: str) -> dict[str, bytes]:
        return read_zip(self.folder(service) / "deployment.zip")

    @property
    def manifest(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((self.build / "packages" / "manifest.json").read_text("utf-8"))
        return found


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Workers of xdist have folders of their own beside each other."""
    base = factory.getbasetemp()
    return base.parent if base.name.startswith("popen-") else base


def made_in(build: Path) -> Packages:
    """Package into ``build``, with the wheels that any run before has fetched."""
    wheels = ROOT / "build" / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    build.mkdir(parents=True, exist_ok=True)
    (build / "wheels").symlink_to(wheels)
    package(build)
    return Packages(build)


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The environment of a function whose tables are on this machine."""
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nobody", "AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in keys.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        # Servers of one process share what they hold.
        requests.post(f"{address}/moto-api/reset", timeout=10).raise_for_status()
        for table in ("fumibako", "fumibako-wrapped-keys"):
            create_table(dynamodb_connection(table, region="eu-central-1", endpoint=address), table)
        # Addresses are counted under keyed hashes, so a first request asks KMS too.
        kms = boto3.client("kms", region_name="eu-central-1", endpoint_url=address)
        mac = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
        yield {**keys, **_SETTINGS, "FUMIBAKO_KMS_MAC_KEY": mac, "FUMIBAKO_AWS_ENDPOINT": address}
    finally:
        server.stop()


_SETTINGS = {
    "FUMIBAKO_MODE": "evaluation",
    "FUMIBAKO_MAIL": "ses",
    "FUMIBAKO_SCANNER": "none",
    "FUMIBAKO_BLOBS": "s3",
    "FUMIBAKO_S3_BUCKET": "blobs",
    "FUMIBAKO_STORE": "dynamodb",
    "FUMIBAKO_BUS": "sns",
    "FUMIBAKO_SNS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:events",
    "FUMIBAKO_KEYS": "kms",
    "FUMIBAKO_AWS_REGION": "eu-central-1",
    **{f"FUMIBAKO_KMS_{use}_KEY": "key" for use in ("SEAL", "MAC", "ACCESS", "PROOF", "ROOT")},
}


def layer_of(factory: pytest.TempPathFactory) -> Path:
    """The image's layer, laid out once a run: the image is built of it, and the box's containers are run from a copy."""
    context = shared_folder(factory) / "layer-of-this-run"
    with FileLock(f"{context}.lock", timeout=480):
        if not (context / "made").exists():
            make_root(context / "root", ROOT / "build" / "wheels")
            (context / "made").touch()
    return context / "root"


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return layer_of(tmp_path_factory)


def packages_of(factory: pytest.TempPathFactory) -> Packages:
    """The packages of this run: whoever comes first makes them."""
    build = shared_folder(factory) / "packages-of-this-run"
    with FileLock(f"{build}.lock", timeout=240):
        if not (build / "packages" / "manifest.json").exists():
            return made_in(build)
    return Packages(build)


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return packages_of(tmp_path_factory)
