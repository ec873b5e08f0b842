"""The AWS adapters and their clients, each made when first asked for."""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.events import CONSUMERS

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from chalicelib.ports.blob_store import BlobStore
    from chalicelib.ports.clock import Clock
    from chalicelib.ports.event_bus import EventBus
    from chalicelib.ports.key_store import KeyStore
    from chalicelib.ports.mail import MailSender
    from chalicelib.ports.record_store import RecordStore
    from chalicelib.settings import Settings

# Two seconds to connect and three tries: what takes longer than a request may, is away.
_PATIENCE: Final = {
    "connect_timeout": 2,
    "read_timeout": 10,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
    "max_pool_connections": 50,
}


def client(settings: Settings, service: str) -> Any:
    """A boto3 client of one service in the settings' region and at their endpoint."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        region_name=settings.aws_region or None,
        endpoint_url=settings.aws_endpoint or None,
        config=Config(**_PATIENCE),
    )


def record_store(settings: Settings, table: str) -> RecordStore:
    """Records in one DynamoDB table."""
    from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore

    return DynamoDBRecordStore(_connection(settings, table), table)


def event_bus(settings: Settings) -> EventBus:
    """Outbox items of the records' table, SNS and SQS. Asks SQS once for the URLs of the queues."""
    from chalicelib.adapters.dynamodb_outbox import DynamoDBOutbox
    from chalicelib.adapters.sns_event_bus import QueueUrls, SNSEventBus

    sqs = client(settings, "sqs")
    names = {consumer: f"{settings.sqs_queue_prefix}-{consumer}" for consumer in CONSUMERS}
    queues = {
        consumer: QueueUrls(
            sqs.get_queue_url(QueueName=name)["QueueUrl"], sqs.get_queue_url(QueueName=f"{name}-dead")["QueueUrl"]
        )
        for consumer, name in names.items()
    }
    outbox = DynamoDBOutbox(_connection(settings, settings.dynamodb_table), settings.dynamodb_table)
    return SNSEventBus(client(settings, "sns"), sqs, outbox, topic=settings.sns_topic_arn, queues=queues)


def blob_store(settings: Settings) -> BlobStore:
    """Blobs in a bucket of S3, or of a store that speaks S3."""
    from chalicelib.adapters.s3_blob_store import S3BlobStore

    # A store of one's own rarely has a name for every bucket.
    path_style = bool(settings.s3_endpoint or settings.aws_endpoint)
    return S3BlobStore(s3(settings), settings.s3_bucket, region=settings.aws_region, path_style=path_style)


def key_store(settings: Settings) -> KeyStore:
    """Keys in KMS."""
    from chalicelib.adapters.kms_key_store import KMSKeyStore

    return KMSKeyStore(
        client(settings, "kms"),
        sealing_key=settings.kms_seal_key,
        mac_key=settings.kms_mac_key,
        signing_keys={
            "access": settings.kms_access_key.split(","),
            "proof": settings.kms_proof_key.split(","),
            "root": settings.kms_root_key.split(","),
        },
    )


def mail_sender(settings: Settings, clock: Clock) -> MailSender:
    """Mail through SES."""
    from chalicelib.adapters.ses_mail_sender import SESMailSender

    return SESMailSender(client(settings, "sesv2"), now=clock.now_ms)


def provision(settings: Settings) -> None:
    """Make tables, topic, queues and bucket of an evaluation over emulators, where they are missing.

    In an account the deployment makes them, with their rights, alarms and keys.
    """
    if settings.store == "dynamodb":
        _provision_tables(settings)
    if settings.bus == "sns":
        from chalicelib.adapters.sns_provision import provision as provision_queues

        provision_queues(client(settings, "sns"), client(settings, "sqs"), prefix=settings.sqs_queue_prefix)
    if settings.blobs == "s3":
        _provision_bucket(settings)


def _provision_tables(settings: Settings) -> None:
    from pynamodb.exceptions import TableError

    from chalicelib.adapters.dynamodb_connection import create_table

    for table in (settings.dynamodb_table, settings.dynamodb_wrapped_keys_table):
        try:
            create_table(_connection(settings, table), table)
        except TableError as error:
            if error.cause_response_code != "ResourceInUseException":
                raise


def _provision_bucket(settings: Settings) -> None:
    store, bucket = s3(settings), settings.s3_bucket
    if bucket not in (held["Name"] for held in store.list_buckets()["Buckets"]):
        place = {} if settings.aws_region == "us-east-1" else {"LocationConstraint": settings.aws_region}
        store.create_bucket(Bucket=bucket, **({"CreateBucketConfiguration": place} if place else {}))
    store.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def s3(settings: Settings) -> Any:
    from chalicelib.adapters.s3_client import make_s3_client

    endpoint = settings.s3_endpoint or settings.aws_endpoint or None
    return make_s3_client(region=settings.aws_region, endpoint_url=endpoint, path_style=bool(endpoint))


def _connection(settings: Settings, table: str) -> Connection:
    from chalicelib.adapters.dynamodb_connection import dynamodb_connection

    return dynamodb_connection(table, region=settings.aws_region, endpoint=settings.aws_endpoint or None)
