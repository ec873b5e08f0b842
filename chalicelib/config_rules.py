"""What settings must hold together: the rules that no single value shows, and what production refuses."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import checked_base_url
from chalicelib.settings import Settings

Fault = tuple[str, str]
DEFAULT_PASSWORDS: Final = frozenset(
    ("postgres", "password", "fumibako", "changeme", "secret", "admin", "root", "test", "example")
)
# File systems whose locks SQLite can't trust (https://www.sqlite.org/howtocorrupt.html, 2.1).
NETWORK_FILE_SYSTEMS: Final = frozenset(
    (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "fuse.s3fs",
        "lustre",
        "gfs2",
    )
)


def broken_rules(settings: Settings) -> list[Fault]:
    """(setting, sentence) of everything that is wrong; empty when all holds."""
    faults = [fault for rule in _RULES for fault in rule(settings)]
    if settings.mode == "production":
        faults += _production(settings)
    return faults


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL, or None for any other."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds ``path``; ``mounts`` is the text of /proc/mounts."""
    best, kind = "", ""
    for line in mounts.splitlines():
        place, fs_type = line.split(" ")[1:3]
        inside = str(path) == place or str(path).startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best):
            best, kind = place, fs_type
    return kind


def _database_urls(settings: Settings) -> tuple[tuple[str, str], ...]:
    return (("database_url", settings.database_url), ("wrapped_keys_url", settings.wrapped_keys_url))


def _addresses(settings: Settings) -> Iterator[Fault]:
    for name, value in (("base_url", settings.base_url), ("blob_base_url", settings.blob_base_url)):
        if value or name == "base_url":
            try:
                checked_base_url(value)
            except Refused as refused:
                yield name, refused.detail
    for name, port in (
        ("listen_port", settings.listen_port),
        ("bytes_port", settings.bytes_port),
        ("smtp_port", settings.smtp_port),
    ):
        if port > 65_535:
            yield name, "A port is at most 65535."
    for name in ("trusted_proxies", "partner_networks"):
        for text in getattr(settings, name):
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError:
                yield name, "Each entry is an address or a network, such as 10.0.0.0/8."
    if bool(settings.tls_certificate) != bool(settings.tls_key):
        yield "tls_key", "Certificate and key come together; one of them is missing."


def _stores(settings: Settings) -> Iterator[Fault]:
    beginning = {"postgresql": "postgresql", "sqlite": "sqlite:///"}.get(settings.store)
    for name, value in _database_urls(settings):
        if beginning and not value.startswith(beginning) and (value or settings.store == "postgresql"):
            yield name, f"With store = {settings.store} it takes a URL that begins with {beginning}."
    if settings.database_url and settings.database_url == settings.wrapped_keys_url:
        yield "wrapped_keys_url", "Wrapped keys need a database of their own, one that no backup holds."
    if settings.blobs == "s3" and not settings.s3_bucket:
        yield "s3_bucket", "blobs = s3 needs a bucket."


def _bus(settings: Settings) -> Iterator[Fault]:
    if (settings.store == "dynamodb") != (settings.bus == "sns"):
        yield "bus", "sns carries the outbox of DynamoDB, sql that of a database: store and bus go together."
    if settings.bus == "sns" and not settings.sns_topic_arn:
        yield "sns_topic_arn", "bus = sns needs a topic."


def _cloud(settings: Settings) -> Iterator[Fault]:
    if "scan" in settings.roles and (settings.bus != "sns" or settings.scanner == "none"):
        yield "roles", "The role scan needs bus = sns and a scanner: on a host the role worker scans."
    if any(len(key) < 32 for key in settings.front_keys):
        yield "front_keys", "A secret of the front door has 32 characters or more."


def _tenant_role(settings: Settings) -> Iterator[Fault]:
    if not settings.tenant_role_arn:
        return
    if settings.store != "dynamodb":
        yield "tenant_role_arn", "Only with store = dynamodb do tenants have rights of their own."
    if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}", settings.tenant_role_arn):
        yield "tenant_role_arn", "It takes the ARN of a role, such as arn:aws:iam::111122223333:role/name."


def _keys_and_mail(settings: Settings) -> Iterator[Fault]:
    if settings.keys == "kms":
        for use in ("seal", "mac", "access", "proof", "root"):
            if not getattr(settings, f"kms_{use}_key"):
                yield f"kms_{use}_key", "keys = kms needs the id of this key."
    if settings.master_key_file and settings.master_passphrase_file:
        yield "master_passphrase_file", "Either a key file or a passphrase opens the keyring, not both."
    if settings.mail == "smtp" and not settings.smtp_host:
        yield "smtp_host", "mail = smtp needs the host of a relay."
    if settings.smtp_user and not settings.smtp_password_file:
        yield "smtp_password_file", "A user at the relay needs a password file."


def _processes(settings: Settings) -> Iterator[Fault]:
    if not 1 <= settings.processes <= 256:
        yield "processes", "It takes a number from 1 to 256."
    if not 1 <= settings.workers <= 64:
        yield "workers", "It takes a number from 1 to 64."
    if not 1 <= settings.threads <= 512:
        yield "threads", "It takes a number from 1 to 512."
    if not settings.roles:
        yield "roles", "A runtime needs at least one role."
    if settings.bytes_port and settings.processes == 1:
        yield "bytes_port", "A port of its own needs processes of its own: set processes above 1."
    for name in ("address_requests_per_minute", "event_lease_seconds"):
        if getattr(settings, name) < 1:
            yield name, "It takes a number of 1 or more."


def _production(settings: Settings) -> Iterator[Fault]:
    if settings.mail == "maildir":
        yield "mail", "maildir is for evaluation: nobody would get a mail."
    if settings.scanner == "none" and not settings.scanner_reason.strip():
        yield "scanner_reason", "Production without a scanner needs its reason on record."
    for name, value in (("base_url", settings.base_url), ("blob_base_url", settings.blob_base_url)):
        if value.startswith("http://"):
            yield name, "Production needs https."
    for name, value in _database_urls(settings):
        if urlsplit(value).password in DEFAULT_PASSWORDS:
            yield name, "The password in this URL is one that everybody tries first. Give the database another."
    if settings.schedule_seconds:
        yield "schedule_seconds", "Production keeps the schedules' own rates."
    if (
        settings.smtp_security == "none"
        and settings.mail == "smtp"
        and settings.smtp_host not in ("127.0.0.1", "localhost", "::1")
    ):
        yield "smtp_security", "Mail to another host goes through starttls or tls."


def _network_file_systems(settings: Settings) -> Iterator[Fault]:
    if settings.store != "sqlite":
        return
    try:
        mounts = Path("/proc/mounts").read_text("utf-8", "replace")
    except OSError:
        return  # Not Linux: nothing to ask.
    for name in ("database_url", "wrapped_keys_url"):
        path = sqlite_path(getattr(settings, name)) or settings.data_dir
        if file_system_of(path.resolve(), mounts) in NETWORK_FILE_SYSTEMS:
            yield (
                name,
                "SQLite can't live on a network file system: its locks don't hold there. Use a local disk, or store = postgresql.",
            )


def _page(settings: Settings) -> Iterator[Fault]:
    if settings.page_dir and not Path(settings.page_dir, "headers.json").is_file():
        yield (
            "page_dir",
            "This folder holds no built page: there is no headers.json in it. `make page` builds one in web/build/page.",
        )


_RULES: Final[tuple[Callable[[Settings], Iterator[Fault]], ...]] = (
    _addresses,
    _page,
    _stores,
    _bus,
    _cloud,
    _tenant_role,
    _keys_and_mail,
    _processes,
    _network_file_systems,
)
