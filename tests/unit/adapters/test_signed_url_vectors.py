"""Both signers read spec/vectors/signed_urls, and the folder is what its generator writes."""

from pathlib import Path

import pytest

from chalicelib.adapters.filesystem_urls import FilesystemUrlSigner
from chalicelib.adapters.sigv4 import SigningMoment, SigV4Credentials, SigV4Request, presign
from chalicelib.domain.errors import Refused
from chalicelib.ports.byte_path import ByteGrant
from tests.vectors_tools import signed_url_vectors, write

FOLDER = write.FOLDER
NAMES = write.names("signed_urls")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("filesystem-")])
def test_filesystem_addresses(name: str) -> None:
    vector = write.read("signed_urls", name)
    signer = FilesystemUrlSigner(bytes.fromhex(vector["secret"]))

    def granted() -> ByteGrant:
        return signer.grant(vector["method"], vector["path"], vector["query"], now=vector["now"])

    if vector["expect"] == "invalid":
        with pytest.raises(Refused) as refused:
            granted()
        assert refused.value.code == vector["error"]
        return
    grant, base = granted(), "https://files.example.jp"
    if grant.method == "PUT":
        assert grant.number is not None
        assert grant.size is not None
        signed = signer.put(grant.ref, number=grant.number, size=grant.size, expires_at=grant.expires_at, base_url=base)
    else:
        signed = signer.get(grant.ref, grant.version or "", expires_at=grant.expires_at, base_url=base)
    query = "&".join(f"{key}={value}" for key, value in vector["query"].items())
    assert signed.url == f"{base}{vector['path']}?{query}"


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("s3-")])
def test_s3_addresses(name: str) -> None:
    vector = write.read("signed_urls", name)
    moment = SigningMoment(
        SigV4Credentials(**vector["credentials"]), vector["region"], at=vector["at"], seconds=vector["seconds"]
    )
    assert presign(SigV4Request(**vector["request"]), moment) == vector["url"]


def test_vectors_are_as_their_generator_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "FOLDER", tmp_path)
    signed_url_vectors.make()
    made = {path.name: path.read_text("utf-8") for path in (tmp_path / "signed_urls").iterdir()}
    assert made == {path.name: path.read_text("utf-8") for path in (FOLDER / "signed_urls").iterdir()}
