"""Releases that an account has had, and which of them was good for a stage: what going back needs when everything else is in doubt.

A release lies in the account's registry as an OCI artifact of one layer, a tar of its folder
(https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage): found by digest, never overwritten, beside its images.
"""

import hashlib
import io
import json
import tarfile
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from deploy.errors import Refused
from deploy.names import Named, good_release_parameter, laid_release_parameter
from deploy.pipeline.registry import has_blob, upload_blob
from deploy.supply.release import Release

REPOSITORY: Final = "fumibako-releases"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_KIND: Final = "application/vnd.fumibako.release"
_EMPTY: Final = b"{}"
_SECONDS: Final = 60
Opener = Callable[[str], IO[bytes]]


def _open(url: str) -> IO[bytes]:
    opened: IO[bytes] = urllib.request.urlopen(url, timeout=_SECONDS)  # noqa: S310  # an address that ECR signed
    return opened


class ReleaseStore:
    """``ecr`` and ``ssm`` are boto3 clients. What is read is verified by signature again before anything is done with it."""

    def __init__(self, ecr: Any, ssm: Any, *, opener: Opener = _open) -> None:
        self._ecr = ecr
        self._ssm = ssm
        self._open = opener

    def keep(self, release: Release, folder: Path) -> None:
        """Put the release's folder there, once."""
        if self._manifest(release.name) is not None:
            return
        with tempfile.TemporaryFile() as packed:
            with tarfile.open(fileobj=packed, mode="w") as tar:
                tar.add(folder, arcname=".")
            size = packed.tell()
            packed.seek(0)
            digest = f"sha256:{hashlib.file_digest(packed, 'sha256').hexdigest()}"
            packed.seek(0)
            self._put(digest, packed)
        self._put(_empty()["digest"], io.BytesIO(_EMPTY))
        told = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": _KIND,
            "config": _empty(),
            "layers": [{"mediaType": f"{_KIND}.v1.tar", "digest": digest, "size": size}],
        }
        there = (self._ecr.exceptions.ImageAlreadyExistsException, self._ecr.exceptions.ImageTagAlreadyExistsException)
        # Another stage of the account keeps it at the same moment: one of the two is enough.
        with suppress(*there):
            self._ecr.put_image(
                repositoryName=REPOSITORY,
                imageManifest=json.dumps(told),
                imageManifestMediaType=MANIFEST,
                imageTag=release.name,
            )

    def note_good(self, stage: Named, release: Release) -> None:
        """Say that the stage ran this release through its whole watch."""
        self._ssm.put_parameter(Name=good_release_parameter(stage), Value=release.name, Type="String", Overwrite=True)

    def good(self, stage: Named) -> str | None:
        """Name of the stage's last good release; None before the first."""
        try:
            return str(self._ssm.get_parameter(Name=good_release_parameter(stage))["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return None

    def note_laid(self, stage: Named, release: Release) -> None:
        """Say that the stage runs this release from now on."""
        told = f"{release.version} {release.commit} {release.committed}"
        self._ssm.put_parameter(Name=laid_release_parameter(stage), Value=told, Type="String", Overwrite=True)

    def refuse_older(self, stage: Named, release: Release) -> None:
        """Raises Refused: release_older where the stage runs one of a newer commit or version; release_note_unreadable."""
        name = laid_release_parameter(stage)
        try:
            told = str(self._ssm.get_parameter(Name=name)["Parameter"]["Value"])
        except self._ssm.exceptions.ParameterNotFound:
            return
        try:
            version, commit, committed = told.split()
            laid = Release(version=version, commit=commit, committed=int(committed), files={}, images={})
            age = laid.age
        except (ValueError, Refused) as error:
            raise Refused(
                "release_note_unreadable",
                f"{name} can't be read.",
                "Its history in Parameter Store has the earlier text: put that back, and repeat.",
            ) from error
        if release.age < age:
            raise Refused(
                "release_older",
                f"Stage `{stage.name}` runs release {laid.name}, and {release.name} is older.",
                "Bring the newer one; to go back on purpose use `python -m deploy pipeline back`.",
            )

    def fetch(self, name: str, folder: Path) -> Path:
        """Unpack the release into a new folder; gives it. Raises Refused("release_gone")."""
        manifest = self._manifest(name)
        if manifest is None:
            raise Refused(
                "release_gone",
                f"The account holds no release {name}.",
                "Build that commit anew, sign it, and bring it.",
            )
        digest = json.loads(manifest)["layers"][0]["digest"]
        address = self._ecr.get_download_url_for_layer(repositoryName=REPOSITORY, layerDigest=digest)["downloadUrl"]
        # Not verified yet: nothing may leave the folder (PEP 706).
        with self._open(address) as packed, tarfile.open(fileobj=packed, mode="r|") as tar:
            tar.extractall(folder, filter="data")
        return folder

    def _manifest(self, name: str) -> str | None:
        got = self._ecr.batch_get_image(
            repositoryName=REPOSITORY, imageIds=[{"imageTag": name}], acceptedMediaTypes=[MANIFEST]
        )
        return str(got["images"][0]["imageManifest"]) if got["images"] else None

    def _put(self, digest: str, content: IO[bytes]) -> None:
        if not has_blob(self._ecr, REPOSITORY, digest):
            upload_blob(self._ecr, REPOSITORY, digest, content)


def _empty() -> dict[str, Any]:
    return {
        "mediaType": "application/vnd.oci.empty.v1+json",
        "digest": f"sha256:{hashlib.sha256(_EMPTY).hexdigest()}",
        "size": len(_EMPTY),
    }
