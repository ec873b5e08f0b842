"""Signed addresses of an S3 bucket, for the host of the tenant's channel (spec/signed_urls.md).

``base_url`` is that host, such as ``https://s3.ap-northeast-1.amazonaws.com`` or an interface endpoint's
``https://bucket.vpce-0a1b.s3.ap-northeast-1.vpce.amazonaws.com``. With ``path_style`` the bucket stands in the path, else before the host.

S3 itself holds a client to what is signed: the exact length of a PUT, and for a blob of one PUT that nothing is there yet.
A life is never longer than the credentials': S3 refuses a signature of expired credentials whatever X-Amz-Expires says.
"""

from collections.abc import Callable
from functools import lru_cache
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
        self._part_signer = lru_cache(maxsize=64)(part_presigner)

    def put(self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str) -> SignedUrl:
        """One PUT of exactly ``size`` bytes. Raises Refused("url_expired") when the life is over already."""
        if not 1 <= number <= (1 if upload == SINGLE else MAX_PARTS):
            raise Refused("part_wrong", "No upload has a part of this number.")
        moment, origin, path = self._moment(expires_at), self._origin(base_url), self._path(ref)
        headers = {"content-length": str(size)}
        if upload != SINGLE:
            return SignedUrl("PUT", self._part_signer(moment, origin, path, upload)(number, size), headers, expires_at)
        headers["if-none-match"] = "*"
        return SignedUrl("PUT", presign(SigV4Request("PUT", origin, path, {}, headers), moment), headers, expires_at)

    def get(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        """GET of one version; where the bucket keeps none, of the bytes with this etag, by a header that is signed too."""
        pinned = version.startswith(ETAG)
        headers = {"if-match": version.removeprefix(ETAG)} if pinned else {}
        query = {} if pinned else {"versionId": version}
        request = SigV4Request("GET", self._origin(base_url), self._path(ref), query, headers)
        return SignedUrl("GET", presign(request, self._moment(expires_at)), headers, expires_at)

    def _moment(self, expires_at: int) -> SigningMoment:
        keys = self._credentials()
        at = self._now() // 1000
        ends = expires_at if keys.expires_at is None else min(expires_at, keys.expires_at)
        if ends // 1000 <= at:
            raise Refused("url_expired", "The address would have expired already.")
        return _moment(keys, self._region, at, min(ends // 1000 - at, LONGEST))

    def _origin(self, base_url: str) -> str:
        parts = urlsplit(base_url)
        host = parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])
        return f"{parts.scheme}://{host}" if self._path_style else f"{parts.scheme}://{self._bucket}.{host}"

    def _path(self, ref: BlobRef) -> str:
        key = blob_key(ref.tenant, ref.transfer, ref.blob)
        return encoded_path(f"/{self._bucket}/{key}" if self._path_style else f"/{key}")


@lru_cache(maxsize=16)
def _moment(keys: SigV4Credentials, region: str, at: int, seconds: int) -> SigningMoment:
    return SigningMoment(keys, region, at, seconds)


def frozen_credentials(client: object) -> Callable[[], SigV4Credentials]:
    """The keys of a boto3 client, renewed by botocore when they near their end."""

    def current() -> SigV4Credentials:
        keys = client._request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001 - boto3 has no public way
        frozen = keys.get_frozen_credentials()
        expiry = getattr(keys, "_expiry_time", None)
        ends = int(expiry.timestamp() * 1000) if expiry else None
        return SigV4Credentials(frozen.access_key, frozen.secret_key, frozen.token, ends)

    return current
