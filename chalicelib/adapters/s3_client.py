"""The S3 client as the blob store needs it. Building it costs 0.1 s, so bootstrap does it at first use."""

from typing import Any

import boto3
from botocore.config import Config

_CHECKSUMS = {"request_checksum_calculation": "when_required", "response_checksum_validation": "when_required"}


def make_s3_client(
    *,
    region: str,
    endpoint_url: str | None = None,
    path_style: bool = False,
    attempts: int = 3,
    **credentials: str | None,
) -> Any:
    """A boto3 client; ``credentials`` are boto3's own ``aws_...`` arguments where the environment has none.

    Checksums only where S3 demands them: boto3 would otherwise begin uploads with a checksum algorithm, and S3 then refuses parts
    that a browser sends by signed address without one. A botocore before 1.36 begins none and does not know the options; Lambda's runtime may
    bring one (docs/decisions/0028-lambdas-own-sdk.md).
    """
    known = {name: value for name, value in _CHECKSUMS.items() if name in Config.OPTION_DEFAULTS}
    config = Config(
        signature_version="s3v4",
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": attempts},
        **known,
        s3={"addressing_style": "path" if path_style else "virtual"},
    )
    return boto3.client("s3", region_name=region, endpoint_url=endpoint_url, config=config, **credentials)
