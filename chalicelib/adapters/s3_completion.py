"""Joining parts on S3, told from what S3 itself lists.

Timeline of a lost answer::

    complete 1: CompleteMultipartUpload ... S3 joins, the answer is lost
    complete 2: ListParts -> NoSuchUpload -> HEAD the object: there, with the right size -> the same version

and of a part sent again between listing and joining: S3 answers InvalidPart, nothing was joined, and it is listed anew.
"""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.s3_errors import code_of, translated
from chalicelib.adapters.s3_listing import held_parts
from chalicelib.adapters.s3_urls import ETAG
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.ports.blob_store import StoredBlob, StoredPart

_TRIES = 3


def join_parts(client: Any, bucket: str, key: str, upload: str, sizes: Sequence[int]) -> StoredBlob:
    """Complete a multipart upload of exactly these sizes."""
    for _ in range(_TRIES):
        held = held_parts(client, bucket, key, upload)
        if not held:
            return finished(client, bucket, key, sizes)
        check_parts(held, sizes)
        listed = [{"PartNumber": part.number, "ETag": part.etag} for part in held]
        try:
            with translated():
                answer = client.complete_multipart_upload(
                    Bucket=bucket, Key=key, UploadId=upload, MultipartUpload={"Parts": listed}
                )
        except ClientError as error:
            if code_of(error) == "EntityTooSmall":
                raise Refused("part_wrong", "Every part but the last has at least 5 MiB on S3.") from error
            if code_of(error) not in ("InvalidPart", "NoSuchUpload"):
                raise
            continue
        return StoredBlob(sum(sizes), version_of(answer), checksum_of(answer))
    raise Refused("part_wrong", "A part was sent again while the blob was being completed.", retry_after=1)


def finished(client: Any, bucket: str, key: str, sizes: Sequence[int]) -> StoredBlob:
    """The object that is there, whole by one PUT or joined before; raises Refused("part_missing") or Refused("part_wrong")."""
    try:
        head = head_object(client, bucket, key)
    except NotFound as error:
        raise Refused("part_missing", "The store does not hold every part.") from error
    if head["ContentLength"] != sum(sizes) or not sizes:
        raise Refused("part_wrong", "The blob has another size than the plan.")
    return StoredBlob(head["ContentLength"], version_of(head), checksum_of(head))


def head_object(client: Any, bucket: str, key: str, **pin: str) -> Any:
    """HEAD with the checksum; raises NotFound.

    To whom may not list the bucket S3 answers 403 for what is not there, and a tenant's own session may not: it would list every tenant
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html).
    """
    try:
        with translated():
            return client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **pin)
    except ClientError as error:
        if code_of(error) == "403":
            raise NotFound from error
        raise


def version_of(answer: Any) -> str:
    """What downloads pin: the version, or the etag where the bucket keeps no versions."""
    version: str | None = answer.get("VersionId")
    return version if version and version != "null" else f"{ETAG}{answer['ETag']}"


def checksum_of(answer: Any) -> str | None:
    """The checksum of the full object where S3 keeps one."""
    value = answer.get("ChecksumCRC64NVME")
    return f"crc64nvme:{value}" if value else None


def check_parts(held: Sequence[StoredPart], sizes: Sequence[int]) -> None:
    """Raises Refused("part_missing") or Refused("part_wrong") unless the parts are 1..n with exactly these sizes."""
    numbers = {part.number for part in held}
    if not sizes or any(number not in numbers for number in range(1, len(sizes) + 1)):
        raise Refused("part_missing", "The store does not hold every part.")
    if len(held) != len(sizes) or any(part.size != size for part, size in zip(held, sizes, strict=True)):
        raise Refused("part_wrong", "A part has another size than the plan.")
