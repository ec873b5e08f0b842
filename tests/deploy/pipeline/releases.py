"""Releases, keys and image archives made for tests: small, and of the real shapes."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from deploy.supply.gathering import archive_digest
from deploy.supply.release import Release, inventory
from deploy.supply.signing import KeyFile, sign_release

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Keys:
    """Two PEM files."""

    private: Path
    public: Path


def write_keys(folder: Path, kind: str = "ES256") -> Keys:
    """A key pair of P-256 or Ed25519."""
    key = ed25519.Ed25519PrivateKey.generate() if kind == "Ed25519" else ec.generate_private_key(ec.SECP256R1())
    folder.mkdir(parents=True, exist_ok=True)
    made = Keys(folder / "private.pem", folder / "public.pem")
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    made.private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    made.public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return made


def write_image(path: Path, *layers: Mapping[str, bytes]) -> str:
    """An OCI archive of these layers (path -> content), gzipped as buildah does; gives its digest."""
    blobs: dict[str, bytes] = {}

    def blob(content: bytes) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        blobs[f"blobs/{digest.replace(':', '/')}"] = content
        return {"digest": digest, "size": len(content)}

    told = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(b"{}")},
        "layers": [
            {
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                **blob(gzip.compress(tar_of(layer), mtime=0)),
            }
            for layer in layers
        ],
    }
    manifest = json.dumps(told).encode()
    named = {"mediaType": told["mediaType"], **blob(manifest)}
    blobs["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [named]}).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(tar_of(blobs))
    return str(named["digest"])


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """A tar of these files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def write_release(folder: Path, keys: Keys, *, version: str = "1.2.3", committed: int = 1_000, **files: str) -> Release:
    """A signed release of one image and these files (name -> content), besides a template of the stage dev."""
    contents = {"packages/manifest.json": "{}", "assembly/dev/manifest.json": "{}", "page/index.html": "page", **files}
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    archive = folder / "images" / "fumibako.tar"
    write_image(archive, {"etc/version": version.encode()})
    release = Release(
        version=version,
        commit=COMMIT,
        committed=committed,
        files=inventory(folder),
        images={"fumibako": archive_digest(archive)},
    )
    sign_release(folder, release, KeyFile(keys.private))
    return release
