"""Every setting of an install: one frozen object, one table.

A field is a setting: its name (upper-cased behind ``FUMIBAKO_``) is the environment variable and the TOML key, its default the default, and
its ``meaning`` the line in docs/operations/settings.md, which is generated from here. Reading and checking is in config.py.
"""
# ruff: noqa: RUF009  # _setting is dataclasses.field with the meaning beside the default

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Mode = Literal["production", "evaluation"]
StoreKind = Literal["sqlite", "postgresql", "dynamodb"]
BlobKind = Literal["filesystem", "s3"]
KeyKind = Literal["keyring", "kms"]
MailKind = Literal["maildir", "smtp", "ses"]
ScannerKind = Literal["clamd", "none"]
BusKind = Literal["sql", "sns"]
SMTPSecurity = Literal["starttls", "tls", "none"]
LogLevel = Literal["debug", "info", "warning", "error"]
Role = Literal["api", "bytes", "worker", "scan"]
FetchKind = Literal["runtime", "front"]


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """Checked settings. Empty text means "not set"; durations are seconds, sizes bytes."""

    mode: Mode = _setting(
        "production", "`production` refuses stand-ins that are meant for looking around; `evaluation` allows them."
    )
    data_dir: Path = _setting(
        Path("/var/lib/fumibako"), "Folder of databases, keyring, blobs and maildir. Nothing is written outside it."
    )
    listen_host: str = _setting("127.0.0.1", "Address to listen on.")
    listen_port: int = _setting(8080, "Port to listen on; 0 takes a free one, which the log line `listening` names.")
    bytes_port: int = _setting(
        0, "Port of the byte path where it has processes of its own; 0 serves it on the port above."
    )
    tls_certificate: str = _setting(
        "", "PEM file of the certificate chain. Empty: no TLS here, a proxy in front ends it."
    )
    tls_key: str = _setting("", "PEM file of the certificate's key.")
    trusted_proxies: tuple[str, ...] = _setting(
        (), "Addresses or networks of proxies whose X-Forwarded-For is believed."
    )
    base_url: str = _setting(
        "http://127.0.0.1:8080",
        "Scheme and host of the first tenant: links, CORS, cookies and signed URLs use it. Further tenants have their own.",
    )
    blob_base_url: str = _setting("", "Where signed URLs of the first tenant point; empty: the same as base_url.")
    store: StoreKind = _setting("sqlite", "Where records live.")
    database_url: str = _setting("", "SQLAlchemy URL of the records; empty with sqlite: `<data_dir>/records.db`.")
    wrapped_keys_url: str = _setting(
        "",
        "SQLAlchemy URL of the wrapped transfer keys, kept apart because no backup may hold them; empty with sqlite: `<data_dir>/wrapped-keys.db`.",
    )
    dynamodb_table: str = _setting("fumibako", "DynamoDB table of the records.")
    dynamodb_wrapped_keys_table: str = _setting(
        "fumibako-wrapped-keys", "DynamoDB table of the wrapped keys: no PITR, no backup, no stream."
    )
    bus: BusKind = _setting("sql", "How events travel: leased rows in the database, or SNS and SQS.")
    sns_topic_arn: str = _setting("", "Topic that carries events when bus is `sns`.")
    sqs_queue_prefix: str = _setting("fumibako", "Queues are `<prefix>-<consumer>` and `<prefix>-<consumer>-dead`.")
    blobs: BlobKind = _setting("filesystem", "Where files live.")
    blob_dir: str = _setting("", "Folder of the filesystem store; empty: `<data_dir>/blobs`.")
    s3_bucket: str = _setting("", "Bucket of the S3 store.")
    s3_endpoint: str = _setting("", "Endpoint of an S3-compatible store; empty: AWS.")
    aws_region: str = _setting("", "AWS region of every AWS adapter; empty: what the environment says.")
    aws_endpoint: str = _setting("", "Endpoint of every other AWS service (emulators, VPC endpoints); empty: AWS.")
    tenant_role_arn: str = _setting(
        "",
        "Role that requests of one tenant run under, with the tenant as session tag, so that they reach its data alone. Empty: the process's own rights.",
    )
    keys: KeyKind = _setting("keyring", "Where keys live.")
    master_key_file: str = _setting(
        "", "File of 32 random bytes that opens the keyring; empty and no passphrase: `<data_dir>/master.key`."
    )
    master_passphrase_file: str = _setting(
        "", "File whose first line is the passphrase that opens the keyring (Argon2id) instead of a key file."
    )
    kms_seal_key: str = _setting("", "KMS key that wraps data keys.")
    kms_mac_key: str = _setting("", "KMS HMAC_256 key.")
    kms_access_key: str = _setting("", "KMS ECC_NIST_P256 key that signs tokens.")
    kms_proof_key: str = _setting("", "KMS ECC_NIST_P256 key that signs certificates and receipts.")
    kms_root_key: str = _setting("", "KMS ECC_NIST_P256 key that signs key statements.")
    mail: MailKind = _setting(
        "smtp", "How mail leaves. `maildir` only keeps it in `<data_dir>/mail` and is for evaluation."
    )
    mail_from: str = _setting("", "Sender address of the first tenant; empty: `no-reply@` and the host of base_url.")
    smtp_host: str = _setting("", "Mail relay.")
    smtp_port: int = _setting(587, "Port of the mail relay.")
    smtp_security: SMTPSecurity = _setting(
        "starttls", "`starttls`, `tls` from the first byte, or `none` (a relay on this host)."
    )
    smtp_user: str = _setting("", "User at the relay; empty: no sign-in.")
    smtp_password_file: str = _setting("", "File whose first line is the password at the relay.")
    scanner: ScannerKind = _setting("clamd", "Malware scanner. `none` marks every file as not scanned.")
    scanner_reason: str = _setting("", "Why there is no scanner: production wants it on record with `scanner = none`.")
    clamd_address: str = _setting("127.0.0.1:3310", "`host:port` or the path of a unix socket.")
    partner_networks: tuple[str, ...] = _setting(
        (),
        "Networks (CIDR) in which sign-in services of partners may be asked at any port; the internet's addresses may at 443. "
        "http is taken from this host alone.",
    )
    processes: int = _setting(
        1, "1: everything in one process. More: this many serving processes, and `workers` more for the worker role."
    )
    workers: int = _setting(
        1,
        "Processes with the worker role beside the serving ones. More than 1 is for PostgreSQL and much to do at once.",
    )
    roles: tuple[Role, ...] = _setting(
        ("api", "bytes", "worker"),
        "What this runtime does; the others are left to other runtimes over the same stores. `scan` is for the cloud: it checks what lies in `<sqs_queue_prefix>-scans`, beside a clamd of its own.",
    )
    fetch: FetchKind = _setting(
        "runtime",
        "Who opens files for browsers that can't: `runtime`, this one, which a function refuses; or `front`, a container of the same image to which the front door leads `/fetch/`.",
    )
    front_keys: tuple[str, ...] = _setting(
        (),
        "Secrets of the front door (CloudFront), at least 32 characters each. Where one is set, requests without it are refused, and host and address of the client are those that the front saw.",
    )
    threads: int = _setting(16, "Requests that one process handles at the same time; those above wait their turn.")
    drain_seconds: int = _setting(25, "How long a stop (SIGTERM) waits for requests under way.")
    schedule_seconds: float = _setting(
        0, "Above 0: every schedule runs this often instead of at its own rate. For tests and demos."
    )
    event_lease_seconds: int = _setting(
        120, "How long a worker holds a batch of events; after it, another takes those of a worker that died."
    )
    address_requests_per_minute: int = _setting(
        600, "Requests a minute that one client address may send to routes without sign-in."
    )
    min_free_bytes: int = _setting(1024**3, "Below this much room in the blob store, /readyz says so.")
    log_level: LogLevel = _setting("info", "Least level that is logged.")
    page_dir: str = _setting("", "Folder of the built page, served at `/`; empty: no page.")
    services_dir: str = _setting("", "Folder of the four services; empty: beside the installed packages.")
