"""Listings of a bucket, page by page: parts of an upload, and everything that is left under a prefix.

Nothing is cached and nothing is capped: 10,000 parts come in ten pages, a transfer's versions in as many as there are. S3's
listings are strongly consistent (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.s3_errors import code_of, translated
from chalicelib.ports.blob_store import StoredPart


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object or a delete marker; ``null`` where the bucket keeps no versions."""

    key: str
    version: str
    is_marker: bool


def held_parts(client: Any, bucket: str, key: str, upload: str) -> list[StoredPart]:
    """The parts of an upload, in order; nothing where S3 does not know it (any more)."""
    found = []
    try:
        with translated():
            for page in client.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload):
                found += [StoredPart(one["PartNumber"], one["Size"], one["ETag"]) for one in page.get("Parts", [])]
    except ClientError as error:
        if code_of(error) == "NoSuchUpload":
            return []
        raise
    return found


def versions_under(client: Any, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
    """Every version and delete marker."""
    with translated():
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
            for name, is_marker in (("Versions", False), ("DeleteMarkers", True)):
                for one in page.get(name, []):
                    yield ObjectVersion(one["Key"], one["VersionId"], is_marker)


def uploads_under(client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Key and upload id of every unfinished upload."""
    with translated():
        for page in client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Uploads", []):
                yield one["Key"], one["UploadId"]
