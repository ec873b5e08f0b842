"""Everything that is deployed, brought together in one folder: packages, image, page, templates of the stages, bills of materials."""

import hashlib
import json
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused

# Folder of the release -> where the commands leave it below build/.
PARTS: Final = {"packages": "packages", "sbom": "sbom"}
IMAGES: Final = {"fumibako": "image/fumibako.tar", "fumibako-scanner": "image/fumibako-scanner.tar"}
_NEXT: Final = "docs/cloud/pipeline.md has the commands in their order."


def gather(build: Path, page: Path, out: Path, *, stages: Sequence[str]) -> dict[str, str]:
    """Make ``out`` anew from what the other verbs left below ``build``; gives image -> digest.

    Raises Refused("release_incomplete") that names the first part which is not there. The scanner's image is taken along where it was built.
    """
    parts = {name: build / where for name, where in PARTS.items()}
    parts |= {"page": page, **{f"assembly/{stage}": build / "assembly" / stage for stage in stages}}
    for name, folder in parts.items():
        if not folder.is_dir():
            raise Refused("release_incomplete", f"`{name}` is not there: {folder} is no folder.", _NEXT)
    images = {name: build / where for name, where in IMAGES.items() if (build / where).is_file()}
    if "fumibako" not in images:
        raise Refused("release_incomplete", f"The image is not there: {build / IMAGES['fumibako']}.", _NEXT)
    shutil.rmtree(out, ignore_errors=True)
    for name, folder in parts.items():
        shutil.copytree(folder, out / name)
    (out / "images").mkdir()
    for name, archive in images.items():
        shutil.copyfile(archive, out / "images" / f"{name}.tar")
    return {name: archive_digest(out / "images" / f"{name}.tar") for name in images}


def archive_digest(archive: Path) -> str:
    """The digest under which a registry shows the one image of an OCI archive.

    https://github.com/opencontainers/image-spec/blob/main/image-layout.md. Raises Refused("image_unreadable").
    """
    manifest = archive_manifest(archive)[1]
    return f"sha256:{hashlib.sha256(manifest).hexdigest()}"


def archive_manifest(archive: Path) -> tuple[str, bytes]:
    """(media type, bytes) of the manifest of an OCI archive's one image. Raises Refused("image_unreadable") also where a digest does not hold."""
    try:
        with tarfile.open(archive) as tar:
            index: dict[str, Any] = json.loads(_member(tar, "index.json"))
            (named,) = index["manifests"]
            content = _member(tar, blob_name(named["digest"]))
    except (OSError, KeyError, ValueError, tarfile.TarError) as error:
        raise Refused(
            "image_unreadable", f"{archive.name} is no OCI archive of one image ({type(error).__name__}).", _NEXT
        ) from error
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != named["digest"]:
        raise Refused("image_unreadable", f"{archive.name} holds another manifest than it names.", _NEXT)
    return str(named["mediaType"]), content


def blob_name(digest: str) -> str:
    """Where an archive keeps a blob."""
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    opened = tar.extractfile(name)
    if opened is None:
        raise KeyError(name)
    return opened.read()
