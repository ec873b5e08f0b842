"""DynamoDB as an emulator (moto) in a process of its own, with a tenant, an admin and a transfer in it; and services staged as in their zip."""

import os
import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import ROOT, free_port, plain_environment, python, serving
from bench.requests.events import gateway_event
from chalicelib.api.service import principal_context
from chalicelib.bootstrap import LazyContext
from chalicelib.bootstrap_aws import provision
from chalicelib.config import load_settings
from chalicelib.domain.principal import Principal
from chalicelib.use_cases.sending.create_command import FileSpec
from tests.fakes.clock import FakeClock
from tests.fakes.context import FakeContext
from tests.unit.use_cases.sending import ADMIN, Office, principal

REGION = "ap-northeast-1"
SERVICES = ("auth", "transfers", "notifications", "reporting")
_ROUTES = {
    "auth": "/v1/me",
    "transfers": "/v1/transfers/{transfer}",
    "notifications": "/v1/deliveries",
    "reporting": "/v1/events",
}


@dataclass(frozen=True)
class Cloud:
    """``environment`` is what a Lambda runs with."""

    environment: dict[str, str]
    transfer: str

    def event(self, service: str) -> dict[str, Any]:
        """The first request of a service; ``transfers`` shows the transfer."""
        who: Principal = principal(ADMIN)
        parameters = {"transfer": self.transfer} if service == "transfers" else {}
        return gateway_event(service, _ROUTES[service], parameters, {**principal_context(who), "networks": ""})


def stage(folder: Path, service: str) -> Path:
    """The files of a service's zip: app.py, chalicelib, the file format. What pip installs for it is on the path already."""
    staged = folder / service
    staged.mkdir(parents=True)
    shutil.copy(ROOT / "services" / service / "app.py", staged)
    for name in ("chalicelib", "fumibako_format"):
        (staged / name).symlink_to(ROOT / name)
    return staged


@contextmanager
def cloud(folder: Path) -> Iterator[Cloud]:
    """DynamoDB that answers until the block is left."""
    port = free_port()
    environment = _environment(f"http://127.0.0.1:{port}")
    os.environ.update({name: value for name, value in environment.items() if name.startswith("AWS_")})
    with serving([python(), "-m", "moto.server", "-p", str(port)], port, folder / "moto.log", environment=environment):
        stores = LazyContext(load_settings(environment))
        provision(stores.settings)
        office = Office(FakeContext(records=stores.records, clock=FakeClock(stores.clock.now_ms())))  # type: ignore[arg-type]
        office.set(requests_per_minute=1_000_000)
        made = office.create((FileSpec(1_000, "report.pdf", "application/pdf"),))
        yield Cloud(environment, made.head.id)


def _environment(endpoint: str) -> dict[str, str]:
    own = {
        "MODE": "evaluation",
        "STORE": "dynamodb",
        "BUS": "sns",
        "BLOBS": "s3",
        "KEYS": "kms",
        "MAIL": "ses",
        "SCANNER": "none",
        "AWS_REGION": REGION,
        "AWS_ENDPOINT": endpoint,
        "DYNAMODB_TABLE": "fumibako",
        "SNS_TOPIC_ARN": f"arn:aws:sns:{REGION}:123456789012:fumibako",
        "S3_BUCKET": "fumibako-blobs",
        **{
            f"KMS_{use}_KEY": "00000000-0000-0000-0000-000000000000"
            for use in ("SEAL", "MAC", "ACCESS", "PROOF", "ROOT")
        },
    }
    plain = {name: value for name, value in plain_environment().items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": REGION}
    packages = sysconfig.get_paths()["purelib"]
    # Without site: what this checkout's environment adds to every start is no part of a Lambda.
    path = {"PYTHONPATH": os.pathsep.join((str(ROOT), packages)), "AWS_EC2_METADATA_DISABLED": "true"}
    return {**plain, **keys, **path, **{f"FUMIBAKO_{name}": value for name, value in own.items()}}
