"""``python -m demo.aws_emulator FILE``: moto's server with the tables, bucket, topic, queues and keys an install needs.

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
_CONSUMERS = ("transfers", "notifications", "reporting")


def _clients(endpoint: str) -> dict[str, Any]:
    named = {"region_name": _REGION, "endpoint_url": endpoint}
    return {name: boto3.client(name, **named) for name in ("dynamodb", "s3", "kms", "sns", "sqs")}


def _tables(dynamodb: Any, names: tuple[str, ...]) -> None:
    for name in names:
        dynamodb.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )


def _queues(sns: Any, sqs: Any) -> str:
    topic: str = sns.create_topic(Name="fumibako")["TopicArn"]
    for consumer in _CONSUMERS:
        dead = _queue(sqs, f"fumibako-{consumer}-dead", {})
        redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 8})}
        arn = _queue(sqs, f"fumibako-{consumer}", redrive)
        raw = {"RawMessageDelivery": "true"}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)
    return topic


def _queue(sqs: Any, name: str, attributes: dict[str, str]) -> str:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def _key(kms: Any, spec: str, usage: str) -> str:
    made: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    return made


def _settings(endpoint: str) -> dict[str, str]:
    clients = _clients(endpoint)
    _tables(clients["dynamodb"], ("fumibako", "fumibako-wrapped-keys"))
    clients["s3"].create_bucket(Bucket="fumibako", CreateBucketConfiguration={"LocationConstraint": _REGION})
    clients["s3"].put_bucket_versioning(Bucket="fumibako", VersioningConfiguration={"Status": "Enabled"})
    kms = clients["kms"]
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
        "FUMIBAKO_SNS_TOPIC_ARN": _queues(clients["sns"], clients["sqs"]),
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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
