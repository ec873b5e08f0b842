"""Blobs in a bucket of S3 or of anything that speaks S3; bytes go between client and bucket, never through us.

The bucket should keep versions: then a download is pinned to one, and recall removes it. Without versions the etag is pinned.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.host_time import host_ms
from chalicelib.adapters.s3_completion import finished, head_object, join_parts
from chalicelib.adapters.s3_errors import code_of, translated
from chalicelib.adapters.s3_listing import held_parts, uploads_under, versions_under
from chalicelib.adapters.s3_removal import remove_prefix
from chalicelib.adapters.s3_urls import ETAG, SINGLE, S3UrlSigner, frozen_credentials
from chalicelib.adapters.sigv4 import SigV4Credentials
from chalicelib.domain.blob_key import blob_key, transfer_prefix
from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.ports.blob_store import BlobRef, Joining, SignedUrl, StoredBlob, StoredPart

CHUNK = 1024 * 1024


class S3BlobStore:
    """One bucket. ``client`` comes from ``s3_client.make_s3_client``; ``now`` gives ms for the addresses' dates."""

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        region: str,
        path_style: bool = False,
        now: Callable[[], int] = host_ms,
        credentials: Callable[[], SigV4Credentials] | None = None,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._urls = S3UrlSigner(
            bucket,
            region,
            credentials=credentials or frozen_credentials(client),
            now=now,
            path_style=path_style,
        )

    @property
    def late_puts(self) -> bool:
        return True  # S3 keeps no tombstone: a signed single PUT works until its URL ends

    def begin(self, ref: BlobRef, *, single: bool) -> str:
        key = _key(ref)
        if single:
            return SINGLE
        with translated():
            answer = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)
        return str(answer["UploadId"])

    def begin_all(self, refs: Sequence[BlobRef], *, single: bool) -> list[str]:
        return [self.begin(ref, single=single) for ref in refs]

    def put_url(
        self, ref: BlobRef, upload: str, *, number: int, size: int, expires_at: int, base_url: str
    ) -> SignedUrl:
        return self._urls.put(ref, upload, number=number, size=size, expires_at=expires_at, base_url=base_url)

    def parts(self, ref: BlobRef, upload: str) -> list[StoredPart]:
        if upload != SINGLE:
            return held_parts(self._client, self._bucket, _key(ref), upload)
        try:
            head = head_object(self._client, self._bucket, _key(ref))
        except NotFound:
            return []
        return [StoredPart(1, head["ContentLength"], head["ETag"])]

    def complete(self, ref: BlobRef, upload: str, *, sizes: Sequence[int]) -> StoredBlob:
        if upload != SINGLE:
            return join_parts(self._client, self._bucket, _key(ref), upload, sizes)
        if len(sizes) > 1:
            raise Refused("part_missing", "A blob of one PUT has one part.")
        return finished(self._client, self._bucket, _key(ref), sizes)

    def complete_all(self, joining: Sequence[Joining]) -> list[StoredBlob]:
        return [self.complete(one.ref, one.upload, sizes=one.sizes) for one in joining]

    def get_url(self, ref: BlobRef, version: str, *, expires_at: int, base_url: str) -> SignedUrl:
        return self._urls.get(ref, version, expires_at=expires_at, base_url=base_url)

    def read(self, ref: BlobRef, version: str, *, offset: int, length: int) -> Iterator[bytes]:
        if offset < 0 or length < 0:
            raise _range_wrong()
        if length == 0:
            if offset > head_object(self._client, self._bucket, _key(ref), **_pin(version))["ContentLength"]:
                raise _range_wrong()
            return iter(())
        try:
            with translated():
                answer = self._client.get_object(
                    Bucket=self._bucket,
                    Key=_key(ref),
                    Range=f"bytes={offset}-{offset + length - 1}",
                    **_pin(version),
                )
        except ClientError as error:
            if code_of(error) in ("InvalidRange", "416"):
                raise _range_wrong() from error
            raise
        if answer["ContentLength"] != length:
            answer["Body"].close()
            raise _range_wrong()
        return _chunks(answer["Body"], length)

    def destroy(self, tenant: str, transfer: str) -> None:
        remove_prefix(self._client, self._bucket, transfer_prefix(tenant, transfer) + "/")

    def destroy_all(self, tenant: str, transfers: Sequence[str]) -> None:
        for transfer in transfers:
            self.destroy(tenant, transfer)

    def remaining(self, tenant: str, transfer: str) -> list[str]:
        prefix = transfer_prefix(tenant, transfer) + "/"
        versions = versions_under(self._client, self._bucket, prefix)
        uploads = uploads_under(self._client, self._bucket, prefix)
        found = [f"{one.key}@{one.version}{' (delete marker)' if one.is_marker else ''}" for one in versions]
        return sorted(found + [f"{key}#{upload}" for key, upload in uploads])

    def free_bytes(self) -> int | None:
        """S3 tells no limit."""
        return None


def _key(ref: BlobRef) -> str:
    return blob_key(ref.tenant, ref.transfer, ref.blob)


def _pin(version: str) -> dict[str, str]:
    return {"IfMatch": version.removeprefix(ETAG)} if version.startswith(ETAG) else {"VersionId": version}


def _range_wrong() -> Refused:
    return Refused("range_wrong", "The range lies outside the blob.")


def _chunks(body: Any, length: int) -> Iterator[bytes]:
    left = length
    with translated():
        for chunk in body.iter_chunks(CHUNK):
            left -= len(chunk)
            yield chunk
    if left:
        # Some proxies end a body early without an error; a short file must never look whole.
        raise StoreAway("The store's answer ended before its end.")
