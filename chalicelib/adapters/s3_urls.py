"""Signed addresses of an S3 bucket, for the host of the tenant's channel (spec/signed_urls.md).

``base_url`` is that host, such as ``https://s3.ap-northeast-1.amazonaws.com`` or an interface endpoint's
``https://bucket.vpce-0a1b.s3.ap-northeast-1.vpce.amazonaws.com``. With ``path_style`` the bucket stands in the path, else before the host.

S3 itself holds a client to what is signed: the exact length of a PUT, and for a blob of one PUT that nothing is there yet.
A life is never longer than the credentials': S3 refuses a signature of expired credentials whatever X-Amz-Expires says.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from chalicelib.adapters.s3_part_urls import part_presigner
from chalicelib.adapters.sigv4 import (
    LONGEST,
    SigningMoment,
    SigV4Credentials,
    SigV4Request,
    encoded_path,
    presign,
)
from chalicelib.domain.blob_key import blob_key
from chalicelib.domain.errors import Refused
from chalicelib.ports.blob_store import BlobRef, SignedUrl

SINGLE = "single"
ETAG = "etag:"
MAX_PARTS = 10_000

# A PUT may carry any Content-Type, and S3 would give it back: a plain file could be a page on the bucket's host. These are signed, so nobody can
# take them off an address (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, "Overriding response header values").
_NEVER_A_PAGE = {
    "response-content-disposition": "attachment",
    "response-content-type": "application/octet-stream",
}
# As AWS SDKs do, so that a signed host equals the Host header that clients send.
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class S3UrlSigner:
    """Signs for one bucket; ``now`` gives ms, ``credentials`` the keys that are valid now."""

    def __init__(
        self,
        bucket: str,
        region: str,
        *,
        credentials: Callable[[], SigV4Credentials],
        now: Callable[[], int],
        path_style: bool,
    ) -> None:
        self._bucket = bucket
        self._region = region
        self._credentials = credentials
        self._now = now
        self._path_style = path_style
        # The addresses of one upload in one second share nearly all of their text.
        self._part_signer = lru_cache(maxsize=64)(self._new_part_signer)

    def put(self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str) -> SignedUrl:
        """One PUT of exactly ``size`` bytes. Raises Refused("url_expired") when the life is over already."""
        if not 1 <= number <= (1 if upload == SINGLE else MAX_PARTS):
            raise Refused("part_wrong", "No upload has a part of this number.")
        keys = self._credentials()
        at, seconds = self._life(keys, expires_at)
        if upload != SINGLE:
            sign = self._part_signer(ref, upload, base_url, keys, at, seconds)
            return SignedUrl("PUT", sign(number, size), {"content-length": str(size)}, expires_at)
        headers = {"content-length": str(size), "if-none-match": "*"}
        request = SigV4Request("PUT", self._origin(base_url), self._path(ref), {}, headers)
        return SignedUrl("PUT", presign(request, SigningMoment(keys, self._region, at, seconds)), headers, expires_at)

    def get(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        """GET of one version; where the bucket keeps none, of the bytes with this etag, by a header that is signed too."""
        pinned = version.startswith(ETAG)
        headers = {"if-match": version.removeprefix(ETAG)} if pinned else {}
        query = _NEVER_A_PAGE if pinned else {"versionId": version, **_NEVER_A_PAGE}
        request = SigV4Request("GET", self._origin(base_url), self._path(ref), query, headers)
        keys = self._credentials()
        moment = SigningMoment(keys, self._region, *self._life(keys, expires_at))
        return SignedUrl("GET", presign(request, moment), headers, expires_at)

    def _life(self, keys: SigV4Credentials, expires_at: int) -> tuple[int, int]:
        """The second of signing and the seconds of life."""
        at = self._now() // 1000
        ends = expires_at if keys.expires_at is None else min(expires_at, keys.expires_at)
        if ends // 1000 <= at:
            raise Refused("url_expired", "The address would have expired already.")
        return at, min(ends // 1000 - at, LONGEST)

    def _new_part_signer(
        self, ref: BlobRef, upload: str, base_url: str, keys: SigV4Credentials, at: int, seconds: int
    ) -> Callable[[int, int], str]:
        moment = SigningMoment(keys, self._region, at, seconds)
        return part_presigner(moment, self._origin(base_url), self._path(ref), upload)

    def _origin(self, base_url: str) -> str:
        parts = urlsplit(base_url)
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
        return f"{parts.scheme}://{host}" if self._path_style else f"{parts.scheme}://{self._bucket}.{host}"

    def _path(self, ref: BlobRef) -> str:
        key = blob_key(ref.tenant, ref.transfer, ref.blob)
        return encoded_path(f"/{self._bucket}/{key}" if self._path_style else f"/{key}")


def frozen_credentials(client: Any) -> Callable[[], SigV4Credentials]:
    """The keys of a boto3 client, renewed by botocore when they near their end; the same object while they are the same."""
    last: tuple[Any, SigV4Credentials] | None = None

    def current() -> SigV4Credentials:
        nonlocal last
        keys = client._request_signer._credentials  # noqa: SLF001 - boto3 has no public way
        frozen = keys.get_frozen_credentials()
        known = last
        if known is not None and known[0] == frozen:
            return known[1]
        expiry = getattr(keys, "_expiry_time", None)
        # Renewed in between by another thread: the end would be that of other keys.
        if keys.get_frozen_credentials() != frozen:
            return current()
        ends = int(expiry.timestamp() * 1000) if expiry else None
        made = SigV4Credentials(frozen.access_key, frozen.secret_key, frozen.token, ends)
        last = (frozen, made)
        return made

    return current
