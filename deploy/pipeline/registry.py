"""An image from a release into an account's registry, by ECR's own API: no daemon, no login, and the digest is the one that was signed.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_InitiateLayerUpload.html and the calls after it.
"""

import json
import tarfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from deploy.supply.gathering import archive_digest, archive_manifest, blob_name

# ECR takes parts of 5 MiB to 10 MiB.
PART: Final = 10 * 1024 * 1024


def push_image(ecr: Any, repository: str, archive: Path, *, tag: str) -> str:
    """Upload what the registry does not have; gives the image's address by digest. ``ecr`` is a boto3 client.

    Blobs are found by digest, so repeating it after an interruption goes on where it stopped, and two that push at once both end well.
    """
    digest = archive_digest(archive)
    (found,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    address = f"{found['repositoryUri']}@{digest}"
    if _has_image(ecr, repository, digest):
        return address
    media_type, manifest = archive_manifest(archive)
    told: dict[str, Any] = json.loads(manifest)
    with tarfile.open(archive) as tar:
        for blob in (told["config"], *told["layers"]):
            if not has_blob(ecr, repository, blob["digest"]):
                content = tar.extractfile(blob_name(blob["digest"]))
                assert content is not None
                upload_blob(ecr, repository, blob["digest"], content)
    with suppress(ecr.exceptions.ImageAlreadyExistsException):
        ecr.put_image(
            repositoryName=repository,
            imageManifest=manifest.decode("utf-8"),
            imageManifestMediaType=media_type,
            imageTag=tag,
            imageDigest=digest,
        )
    return address


def _has_image(ecr: Any, repository: str, digest: str) -> bool:
    got = ecr.batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
    return bool(got["images"])


def has_blob(ecr: Any, repository: str, digest: str) -> bool:
    """Whether the registry holds it."""
    got = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])
    return any(one["layerAvailability"] == "AVAILABLE" for one in got["layers"])


def upload_blob(ecr: Any, repository: str, digest: str, content: IO[bytes]) -> None:
    """Part by part. Stages of one account get a release at once: the last part may find that the other one was first."""
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    first = 0
    while part := content.read(PART):
        ecr.upload_layer_part(
            repositoryName=repository,
            uploadId=upload,
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
        )
        first += len(part)
    with suppress(ecr.exceptions.LayerAlreadyExistsException):
        ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
