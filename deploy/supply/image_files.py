"""Files of an image as a container sees them: layer over layer, with what later ones take away.

https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused
from deploy.supply.gathering import archive_manifest, blob_name

_GONE: Final = ".wh."
_ALL_GONE: Final = ".wh..wh..opq"


def image_files(archive: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Path without a leading slash -> content of the wanted files of an OCI archive. Raises Refused("image_unreadable")."""
    manifest: dict[str, Any] = json.loads(archive_manifest(archive)[1])
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(archive) as tar:
            for layer in manifest["layers"]:
                blob = tar.extractfile(blob_name(layer["digest"]))
                assert blob is not None
                with tarfile.open(fileobj=_plain(blob.read())) as one:
                    _lay(one, wanted, found)
    except (KeyError, OSError, tarfile.TarError) as error:
        raise Refused(
            "image_unreadable",
            f"{archive.name} has a layer that can't be read ({type(error).__name__}).",
            "Build it anew.",
        ) from error
    return found


def _plain(blob: bytes) -> io.BytesIO:
    return io.BytesIO(gzip.decompress(blob) if blob[:2] == b"\x1f\x8b" else blob)


def _lay(layer: tarfile.TarFile, wanted: Callable[[str], bool], found: dict[str, bytes]) -> None:
    """What a layer takes away goes first: it speaks of the layers below alone."""
    members = {one.name.removeprefix("./").strip("/"): one for one in layer.getmembers()}
    for name in members:
        folder, _, last = name.rpartition("/")
        if last == _ALL_GONE:
            _drop(found, folder)
        elif last.startswith(_GONE):
            _drop(found, f"{folder}/{last.removeprefix(_GONE)}".lstrip("/"))
    for name, member in members.items():
        if member.isfile() and not name.rpartition("/")[2].startswith(_GONE) and wanted(name):
            opened = layer.extractfile(member)
            assert opened is not None
            found[name] = opened.read()


def _drop(found: dict[str, bytes], name: str) -> None:
    for one in [one for one in found if one == name or one.startswith(f"{name}/")]:
        del found[one]
