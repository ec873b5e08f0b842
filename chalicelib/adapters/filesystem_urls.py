"""Signed addresses of the filesystem store: ``<base_url>/blobs/<tenant>/<transfer>/<blob>?...&sig=`` (spec/signed_urls.md).

The signature is HMAC-SHA-256 (RFC 2104), base64url without padding, over five lines: a version tag, the method, the path and
the query without ``sig`` in the order of its names. The host is not in it: a proxy in front may have another name.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from chalicelib.domain.blob_key import blob_key
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import BlobRef, SignedUrl
from chalicelib.ports.byte_path import ByteGrant

TAG = "fumibako-blob-url-1"
PREFIX = "/blobs/"

_PUT = frozenset({"exp", "n", "size", "sig"})
_GET = frozenset({"exp", "v", "sig"})
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,17})\Z", re.ASCII)
_VERSION = re.compile(r"[0-9a-f]{32}\Z")


class FilesystemUrlSigner:
    """Signs and checks; pure but for the secret it holds. The secret has 32 bytes or more."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("The secret that signs blob addresses needs at least 32 bytes.")
        self._secret = secret

    def put(self, ref: BlobRef, *, number: int, size: int, expires_at: int, base_url: str) -> SignedUrl:
        """An address for one PUT of exactly ``size`` bytes; every client sends ``content-length`` by itself."""
        path = PREFIX + blob_key(ref.tenant, ref.transfer, ref.blob)
        query = f"exp={expires_at}&n={number}&size={size}"
        url = f"{base_url}{path}?{query}&sig={self._sign('PUT', path, query)}"
        return SignedUrl("PUT", url, {"content-length": str(size)}, expires_at)

    def get(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        """An address for GET and HEAD of one version."""
        path = PREFIX + blob_key(ref.tenant, ref.transfer, ref.blob)
        query = f"exp={expires_at}&v={version}"
        return SignedUrl("GET", f"{base_url}{path}?{query}&sig={self._sign('GET', path, query)}", {}, expires_at)

    def grant(self, method: str, path: str, query: Mapping[str, str], *, now: int) -> ByteGrant:
        """What the address allows; HEAD counts as GET. Raises Refused("url_invalid") or Refused("url_expired")."""
        verb = "GET" if method == "HEAD" else method
        ref = _ref(path)
        if verb not in ("PUT", "GET") or query.keys() != (_PUT if verb == "PUT" else _GET):
            raise _invalid()
        text = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "sig")
        # One comparison in constant time; the text is not looked at before it holds.
        if not hmac.compare_digest(self._sign(verb, path, text).encode(), query["sig"].encode()):
            raise _invalid()
        grant = _put(ref, query) if verb == "PUT" else _get(ref, query)
        if now >= grant.expires_at:
            raise Refused("url_expired", "This address has expired; ask for a new one.")
        return grant

    def _sign(self, method: str, path: str, query: str) -> str:
        digest = hmac.digest(self._secret, f"{TAG}\n{method}\n{path}\n{query}\n".encode(), "sha256")
        return urlsafe_b64encode(digest)[:-1].decode("ascii")


def _invalid() -> Refused:
    return Refused("url_invalid", "The address was changed or was not made by this service.")


def _ref(path: str) -> BlobRef:
    pieces = path.removeprefix(PREFIX).split("/")
    if not path.startswith(PREFIX) or len(pieces) != 3:
        raise _invalid()
    try:
        blob_key(*pieces)
    except NotFound as error:
        raise _invalid() from error
    return BlobRef(*pieces)


def _number(text: str) -> int:
    if not _NUMBER.match(text):
        raise _invalid()
    return int(text)


def _put(ref: BlobRef, query: Mapping[str, str]) -> ByteGrant:
    number, size = _number(query["n"]), _number(query["size"])
    return ByteGrant("PUT", ref, number, size, None, _number(query["exp"]))


def _get(ref: BlobRef, query: Mapping[str, str]) -> ByteGrant:
    if not _VERSION.match(query["v"]):
        raise _invalid()
    return ByteGrant("GET", ref, None, None, query["v"], _number(query["exp"]))
