"""Emptying a prefix of a bucket: unfinished uploads, versions and delete markers, 1,000 a call.

A part that is just arriving while its upload is aborted may stay behind
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html), so it is looked again until nothing is listed.
"""

from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.s3_errors import AWAY, code_of, translated
from chalicelib.adapters.s3_listing import uploads_under, versions_under
from chalicelib.domain.errors import StoreAway

BATCH = 1000
_ROUNDS = 3


def remove_prefix(client: Any, bucket: str, prefix: str) -> None:
    """Remove all; raises StoreAway when something is left after three rounds."""
    for _ in range(_ROUNDS):
        uploads = list(uploads_under(client, bucket, prefix))
        for key, upload in uploads:
            _abort(client, bucket, key, upload)
        if not _delete_versions(client, bucket, prefix) and not uploads:
            return
    if any(versions_under(client, bucket, prefix)) or any(uploads_under(client, bucket, prefix)):
        raise StoreAway("Something was still arriving while the transfer was removed.")


def _abort(client: Any, bucket: str, key: str, upload: str) -> None:
    try:
        with translated():
            client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def _delete_versions(client: Any, bucket: str, prefix: str) -> int:
    listed = versions_under(client, bucket, prefix)
    removed = 0
    while batch := list(islice(listed, BATCH)):
        objects = [{"Key": one.key, "VersionId": one.version} for one in batch]
        with translated():
            answer = client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        for error in answer.get("Errors", []):
            # The call succeeds even where single objects did not go.
            if error.get("Code") in AWAY:
                raise StoreAway
            raise ClientError({"Error": {"Code": error.get("Code", ""), "Message": ""}}, "DeleteObjects")
        removed += len(batch)
    return removed
