"""The zip of each service, packed and unpacked, beside a bare Chalice app packaged with boto3 in it."""

import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

from bench.figure import Figure, Measured, Plan
from deploy.names import SERVICES
from deploy.packaging.archive import digest, write_zip
from deploy.packaging.package import Packaged, package
from deploy.packaging.staging import ROOT
from deploy.packaging.wheels import fetched, locked, unpacked

LIMIT_MB: Final = 12.0
_PEER: Final = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
_APP: Final = b"import boto3\nfrom chalice import Chalice\n\napp = Chalice(app_name='bare')\n"


def measure(plan: Plan) -> Measured:
    """``size`` packages of everything a run; each run's are compared with the first's, byte for byte."""
    wheels = ROOT / "build" / "wheels"
    pairs: dict[str, list[tuple[float, float]]] = {service: [] for service in SERVICES}
    seen: list[list[str]] = []
    made: list[Packaged] = []
    for run in range(plan.runs):
        build = plan.scratch / str(run)
        build.mkdir()
        wheels.mkdir(parents=True, exist_ok=True)
        (build / "wheels").symlink_to(wheels)
        made = package(build)
        peer = _bare(plan.scratch / f"bare-{run}.zip", wheels)
        seen.append([one.zip_digest for one in made] + [digest(peer)])
        for one in made:
            pairs[one.service].append((one.packed / 1e6, peer.stat().st_size / 1e6))
        if run < plan.runs - 1:
            shutil.rmtree(build)
    return Measured(
        pairs={f"bare Chalice + boto3, {service}": of for service, of in pairs.items()},
        checked=all(one == seen[0] for one in seen) and all(_imports(one) for one in made),
        held=all(one.packed / 1e6 <= LIMIT_MB for one in made),
        notes=(
            f"Packed at most {LIMIT_MB:.0f} MB each, without botocore, which Lambda's runtime brings.",
            "The peer is Chalice's one module, an app of four lines, boto3 and what it needs, packed in the same way.",
            "Checked: every run's zips are the same bytes, and each is whole.",
        ),
        versions={name: version(name) for name in ("chalice", "boto3", "botocore")}
        | {"python": sys.version.split()[0]},
        more={"unpacked MB": {one.service: round(one.unpacked / 1e6, 2) for one in made}},
    )


def _bare(path: Path, wheels: Path) -> Path:
    lock = (ROOT / "requirements" / "services.lock").read_text("utf-8")
    files = unpacked(fetched(locked(["chalice", *_PEER], lock), wheels))
    kept = {name: content for name, content in files.items() if not name.startswith("chalice")}
    chalice = {name: files[name] for name in ("chalice/__init__.py", "chalice/app.py")}
    write_zip(path, {**kept, **chalice, "app.py": _APP})
    return path


def _imports(made: Packaged) -> bool:
    """Whether the zip is whole: Python itself tests its checksums."""
    command = [sys.executable, "-m", "zipfile", "--test", str(made.folder / "deployment.zip")]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


FIGURE = Figure(
    name="package",
    title="Zip of each service",
    unit="MB",
    goal=1.0,
    kind="share",
    ours="packed zip of a service, without botocore",
    measure=measure,
    size=1,
    size_unit="packages",
    smallest=1,
    runs=2,
)
