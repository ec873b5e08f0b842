"""The built page into its bucket. Parts with a digest in their name first, documents after them: a document never names what is not there yet.

Nothing is deleted: a page that somebody has open goes on finding its parts. What a file's headers are says CloudFront (deploy/stacks/web_headers.py); here each gets
its type, and for how long CloudFront may keep it.
"""

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import page_bucket
from deploy.page_build import PAGE, read_page
from deploy.stage import Stage

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
# As onprem/runtime/page.py; Python's own table differs between systems.
_TYPES: Final = {
    ".bcmap": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}


@dataclass(frozen=True)
class PageFile:
    """One file of the page as it is uploaded."""

    key: str
    path: Path
    media_type: str
    cache: str


def page_uploads(folder: Path = PAGE) -> Iterator[PageFile]:
    """Every file, in the order of upload. Raises Refused("page_absent")."""
    for address in sorted(
        read_page(folder).files, key=lambda one: (not one.startswith("/assets/"), one.endswith(".html"), one)
    ):
        path = folder / address.removeprefix("/")
        guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        cache = _FOR_EVER if address.startswith("/assets/") else _ASK_AGAIN
        yield PageFile(address.removeprefix("/"), path, guessed, cache)


def upload_page(s3: Any, stage: Stage, folder: Path = PAGE) -> int:
    """Put every file that the bucket does not have with the same content; gives how many. ``s3`` is a boto3 client.

    Raises Refused: page_absent, page_bucket_absent. Cut off anywhere, it goes on where it was when it is repeated.
    """
    bucket = page_bucket(stage)
    try:
        held = {
            one["Key"]: one["ETag"].strip('"')
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for one in page.get("Contents", [])
        }
    except s3.exceptions.NoSuchBucket as error:
        raise Refused(
            "page_bucket_absent",
            f"There is no bucket {bucket}.",
            f"Run `python -m deploy deploy --stage {stage.name}` first.",
        ) from error
    put = 0
    for file in page_uploads(folder):
        content = file.path.read_bytes()
        if held.get(file.key) == _etag(content):
            continue
        s3.put_object(Bucket=bucket, Key=file.key, Body=content, ContentType=file.media_type, CacheControl=file.cache)
        put += 1
    return put


def _etag(content: bytes) -> str:
    """What S3 gives an object of one PUT that it encrypts with its own keys."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
