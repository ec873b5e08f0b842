"""The whole way from the sources to build/packages: the same bytes from the same sources, wherever and whenever."""

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from deploy.names import SERVICES
from deploy.packaging.archive import content_digest, digest, write_zip
from deploy.packaging.chalice_run import chalice_package
from deploy.packaging.policies import POLICIES
from deploy.packaging.staging import ROOT, stage
from deploy.packaging.template import image_template, merged_in, zip_template
from deploy.packaging.wheels import PYTHON, fetched, locked, named_in, unpacked

MANIFEST: Final = "manifest.json"
ZIP: Final = "deployment.zip"
TEMPLATE: Final = "template.json"
IMAGE_TEMPLATE: Final = "template-image.json"


@dataclass(frozen=True)
class Packaged:
    """One service's package. Sizes are bytes; digests SHA-256 in hexadecimal."""

    service: str
    folder: Path
    zip_digest: str
    content_digest: str
    packed: int
    unpacked: int
    distributions: tuple[str, ...]

    @property
    def code_key(self) -> str:
        """Where the zip goes in the bucket of the code: by digest, so that nothing is ever overwritten."""
        return f"services/{self.service}/{self.zip_digest}.zip"

    def told(self) -> dict[str, Any]:
        """Its entry of the manifest."""
        return {
            "code_key": self.code_key,
            "zip_sha256": self.zip_digest,
            "content_sha256": self.content_digest,
            "template_sha256": digest(self.folder / TEMPLATE),
            "image_template_sha256": digest(self.folder / IMAGE_TEMPLATE),
            "packed_bytes": self.packed,
            "unpacked_bytes": self.unpacked,
            "distributions": list(self.distributions),
        }


def package(build: Path, *, services: Sequence[str] = SERVICES, policies: Path = POLICIES) -> list[Packaged]:
    """Package services below ``build``: services/<name> (staged), packages/<name> (zip, templates), packages/manifest.json.

    Raises Refused as its steps do; what was there before is replaced only by something whole.
    """
    made = [_package_one(service, build, policies) for service in services]
    (build / "packages").mkdir(parents=True, exist_ok=True)
    manifest = build / "packages" / MANIFEST
    _write_json(manifest, _manifest(manifest, made))
    return made


def _package_one(service: str, build: Path, policies: Path) -> Packaged:
    staged = stage(service, build / "services", policies)
    requirements = locked(
        named_in((ROOT / "services" / service / "requirements.txt").read_text("utf-8")),
        (ROOT / "requirements" / "services.lock").read_text("utf-8"),
    )
    wheels = fetched(requirements, build / "wheels")
    target = build / "packages" / service
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=build) as scratch:
        own, template = chalice_package(staged, Path(scratch) / "chalice", merged_in(service))
        out = Path(scratch) / service
        out.mkdir()
        files = {**unpacked(wheels), **own}
        write_zip(out / ZIP, files)
        zipped = digest(out / ZIP)
        _write_json(out / TEMPLATE, zip_template(service, template, zipped, policies))
        _write_json(out / IMAGE_TEMPLATE, image_template(service, template, zipped, policies))
        shutil.rmtree(target, ignore_errors=True)
        out.rename(target)
    return Packaged(
        service=service,
        folder=target,
        zip_digest=zipped,
        content_digest=content_digest(files),
        packed=(target / ZIP).stat().st_size,
        unpacked=sum(map(len, files.values())),
        distributions=tuple(wheel.name for wheel in wheels),
    )


def _manifest(path: Path, made: Sequence[Packaged]) -> dict[str, Any]:
    """All services that lie there; those not packaged now keep their entries."""
    before: dict[str, Any] = json.loads(path.read_text("utf-8"))["services"] if path.is_file() else {}
    return {
        "version": version("fumibako"),
        "python": PYTHON,
        "chalice": version("chalice"),
        "services": {**before, **{one.service: one.told() for one in made}},
    }


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
