"""``python -m demo.aws_emulator FILE``: moto's server with the keys an install needs; `init` makes tables, bucket, topic and queues.

Writes the settings to FILE once all is there, then serves until SIGTERM. It stands in for what deploy/ makes on AWS.
"""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

_REGION = "eu-central-1"
# The account number is the one that moto gives itself.
_TOPIC = f"arn:aws:sns:{_REGION}:123456789012:fumibako-events"


def _key(kms: Any, spec: str, usage: str) -> str:
    made: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    return made


def _settings(endpoint: str) -> dict[str, str]:
    kms = boto3.client("kms", region_name=_REGION, endpoint_url=endpoint)
    signing = {
        f"FUMIBAKO_KMS_{use}_KEY": _key(kms, "ECC_NIST_P256", "SIGN_VERIFY") for use in ("ACCESS", "PROOF", "ROOT")
    }
    return {
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_DEFAULT_REGION": _REGION,
        "FUMIBAKO_AWS_REGION": _REGION,
        "FUMIBAKO_AWS_ENDPOINT": endpoint,
        "FUMIBAKO_STORE": "dynamodb",
        "FUMIBAKO_BLOBS": "s3",
        "FUMIBAKO_S3_BUCKET": "fumibako",
        "FUMIBAKO_S3_ENDPOINT": endpoint,
        "FUMIBAKO_BLOB_BASE_URL": endpoint,
        "FUMIBAKO_BUS": "sns",
        "FUMIBAKO_SNS_TOPIC_ARN": _TOPIC,
        "FUMIBAKO_KEYS": "kms",
        "FUMIBAKO_KMS_SEAL_KEY": _key(kms, "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"),
        "FUMIBAKO_KMS_MAC_KEY": _key(kms, "HMAC_256", "GENERATE_VERIFY_MAC"),
        **signing,
    }


def main() -> int:
    """Serve until SIGTERM."""
    os.environ.update(AWS_ACCESS_KEY_ID="emulated", AWS_SECRET_ACCESS_KEY="emulated", AWS_DEFAULT_REGION=_REGION)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    target = Path(sys.argv[1])
    temporary = target.with_suffix(".tmp")
    temporary.write_text(json.dumps(_settings(f"http://{host}:{port}")))
    temporary.replace(target)
    # Nothing here is worth an orderly end, and the server thread would keep the process.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
