"""Part addresses of one upload, by ours or by botocore: ``python -m bench.requests.signing ours|botocore COUNT FILE``.

Writes the addresses to FILE, one a line, and prints the seconds that making them took.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import boto3
from botocore.config import Config

from chalicelib.adapters.s3_urls import S3UrlSigner
from chalicelib.adapters.sigv4 import SigV4Credentials
from chalicelib.ports.blob_store import BlobRef

REGION = "ap-northeast-1"
BUCKET = "fumibako-blobs"
ORIGIN = f"https://s3.{REGION}.amazonaws.com"
PART = 16 * 1024**2
LIFE = 900
REF = BlobRef("acme", "tr_06drc1w4p0g6r8b2v5n7x9zabc", "bl_06drc1w4p0g6r8b2v5n7x9zdef")
UPLOAD = "VXBsb2FkIElEIGZvciA2aWWpbmcncyBteS1tb3ZpZS5tMnRzIHVwbG9hZA"
_ACCESS, _SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

Sign = Callable[[int], str]


def ours(now: Callable[[], int]) -> Sign:
    """What the S3 store does for each part; ``now`` gives milliseconds."""
    keys = SigV4Credentials(_ACCESS, _SECRET)
    signer = S3UrlSigner(BUCKET, REGION, credentials=lambda: keys, now=now, path_style=False)

    def sign(number: int) -> str:
        ends = now() + LIFE * 1000
        return signer.put(REF, UPLOAD, number=number, size=PART, expires_at=ends, base_url=ORIGIN).url

    return sign


def botocore() -> Sign:
    """``generate_presigned_url`` with its length signed, as ours is."""
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=ORIGIN,
        aws_access_key_id=_ACCESS,
        aws_secret_access_key=_SECRET,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )
    key = f"{REF.tenant}/{REF.transfer}/{REF.blob}"

    def sign(number: int) -> str:
        wanted = {"Bucket": BUCKET, "Key": key, "UploadId": UPLOAD, "PartNumber": number, "ContentLength": PART}
        url: str = client.generate_presigned_url("upload_part", Params=wanted, ExpiresIn=LIFE)
        return url

    return sign


def main(which: str, count: int, file: Path) -> None:
    sign = botocore() if which == "botocore" else ours(lambda: time.time_ns() // 1_000_000)
    sign(1)
    began = time.perf_counter()
    urls = [sign(number) for number in range(1, count + 1)]
    seconds = time.perf_counter() - began
    file.write_text("\n".join(urls))
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
