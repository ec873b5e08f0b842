"""The AWS adapters and their clients, each made when first asked for."""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chalicelib.domain.events import CONSUMERS, SCANS

if TYPE_CHECKING:
    from pynamodb.connection import Connection

    from chalicelib.adapters.sns_event_bus import SNSEventBus
    from chalicelib.adapters.sts_tenant_sessions import STSTenantSessions, TenantSession
    from chalicelib.ports.blob_store import BlobStore
    from chalicelib.ports.clock import Clock
    from chalicelib.ports.key_store import KeyStore
    from chalicelib.ports.mail import MailSender
    from chalicelib.ports.outbox_relay import OutboxRelay
    from chalicelib.ports.record_store import RecordStore
    from chalicelib.settings import Settings

# Two seconds to connect and three tries: what takes longer than a request may, is away.
_PATIENCE: Final = {
    "connect_timeout": 2,
    "read_timeout": 10,
    "retries": {"total_max_attempts": 3, "mode": "standard"},
    "max_pool_connections": 50,
}


def client(settings: Settings, service: str, session: TenantSession | None = None) -> Any:
    """A boto3 client of one service in the settings' region and at their endpoint; of one tenant's session where there is one."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,
        region_name=settings.aws_region or None,
        endpoint_url=settings.aws_endpoint or None,
        config=Config(**_PATIENCE),
        **_credentials(session),
    )


def tenant_sessions(settings: Settings) -> STSTenantSessions:
    """Sessions of the role that reaches one tenant's data. The Region's own STS: the global one is far and a single point."""
    from chalicelib.adapters.host_time import host_ms
    from chalicelib.adapters.sts_tenant_sessions import STSTenantSessions

    return STSTenantSessions(client(settings, "sts"), settings.tenant_role_arn, now=host_ms)


def record_store(settings: Settings, table: str, session: TenantSession | None = None) -> RecordStore:
    """Records in one DynamoDB table."""
    from chalicelib.adapters.dynamodb_record_store import DynamoDBRecordStore

    return DynamoDBRecordStore(_connection(settings, table, session), table)


def event_bus(settings: Settings) -> SNSEventBus:
    """Outbox items of the records' table, SNS and SQS. Who uses a queue asks SQS once for the URLs of all."""
    from chalicelib.adapters.dynamodb_outbox import DynamoDBOutbox
    from chalicelib.adapters.sns_event_bus import QueueUrls, SNSEventBus

    sqs = client(settings, "sqs")

    def url(name: str) -> str:
        found: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return found

    def queues() -> dict[str, QueueUrls]:
        # Who scans reads one queue more and has no right to look the others up.
        consumers = (SCANS,) if settings.roles == ("scan",) else CONSUMERS
        names = {consumer: f"{settings.sqs_queue_prefix}-{consumer}" for consumer in consumers}
        return {consumer: QueueUrls(url(name), url(f"{name}-dead")) for consumer, name in names.items()}

    outbox = DynamoDBOutbox(_connection(settings, settings.dynamodb_table), settings.dynamodb_table)
    # A container that waits for scans all day asks rarely, and still ends in time when it is told to stop.
    wait = 5 if settings.roles == ("scan",) else 0
    return SNSEventBus(
        client(settings, "sns"), sqs, outbox, topic=settings.sns_topic_arn, queues=queues, wait_seconds=wait
    )


def outbox_relay(settings: Settings) -> OutboxRelay:
    """The table's stream to the topic."""
    from chalicelib.adapters.dynamodb_stream import DynamoDBStreamRelay

    return DynamoDBStreamRelay(event_bus(settings))


def blob_store(settings: Settings, session: TenantSession | None = None) -> BlobStore:
    """Blobs in a bucket of S3, or of a store that speaks S3."""
    from chalicelib.adapters.s3_blob_store import S3BlobStore
    from chalicelib.adapters.sigv4 import SigV4Credentials

    # A store of one's own rarely has a name for every bucket.
    path_style = bool(settings.s3_endpoint or settings.aws_endpoint)
    keys = session and SigV4Credentials(session.access_key, session.secret_key, session.token, session.ends)
    return S3BlobStore(
        s3(settings, session),
        settings.s3_bucket,
        region=settings.aws_region,
        path_style=path_style,
        credentials=(lambda: keys) if keys else None,
    )


def key_store(settings: Settings, session: TenantSession | None = None) -> KeyStore:
    """Keys in KMS."""
    from chalicelib.adapters.kms_key_store import KMSKeyStore

    return KMSKeyStore(
        client(settings, "kms", session),
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


def s3(settings: Settings, session: TenantSession | None = None) -> Any:
    from chalicelib.adapters.s3_client import make_s3_client

    endpoint = settings.s3_endpoint or settings.aws_endpoint or None
    return make_s3_client(
        region=settings.aws_region, endpoint_url=endpoint, path_style=bool(endpoint), **_credentials(session)
    )


def _connection(settings: Settings, table: str, session: TenantSession | None = None) -> Connection:
    from chalicelib.adapters.dynamodb_connection import dynamodb_connection

    endpoint = settings.aws_endpoint or None
    return dynamodb_connection(table, region=settings.aws_region, endpoint=endpoint, **_credentials(session))


def _credentials(session: TenantSession | None) -> dict[str, Any]:
    """A tenant's, under the names that boto3 and PynamoDB take; none where the environment's are meant."""
    if session is None:
        return {}
    return {
        "aws_access_key_id": session.access_key,
        "aws_secret_access_key": session.secret_key,
        "aws_session_token": session.token,
    }
