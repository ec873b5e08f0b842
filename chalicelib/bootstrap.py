"""The only place that picks adapters. Each is built at its first use, and only the SDKs that the settings need are imported.

``context()`` is one per process: every Chalice app, worker and byte path of a process shares connections and caches through it.
"""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from __future__ import annotations

import os
import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.config import load_settings
from chalicelib.config_rules import sqlite_path
from chalicelib.use_cases.acting_tenant import acting_tenant

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore
    from chalicelib.adapters.keyring_master import Master
    from chalicelib.bootstrap_tenants import TenantContexts
    from chalicelib.ports.blob_store import BlobStore
    from chalicelib.ports.byte_path import BytePath
    from chalicelib.ports.clock import Clock
    from chalicelib.ports.event_bus import EventBus
    from chalicelib.ports.fetch_addresses import FetchAddresses
    from chalicelib.ports.identity import IdentityService
    from chalicelib.ports.ids import Ids
    from chalicelib.ports.key_store import KeyStore
    from chalicelib.ports.mail import MailSender
    from chalicelib.ports.outbox_relay import OutboxRelay
    from chalicelib.ports.record_store import RecordStore
    from chalicelib.ports.scanner import Scanner
    from chalicelib.ports.secret_hash import SecretHash
    from chalicelib.settings import Settings


class LazyContext:
    """Satisfies ``chalicelib.use_cases.context.Context``. Building it does no I/O."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def engine(self) -> Engine:
        """The database of the records and of the SQL event bus."""
        from chalicelib.adapters.sql_engine import make_engine

        return make_engine(database_url(self.settings))

    @cached_property
    def wrapped_keys_engine(self) -> Engine:
        """The database of the wrapped keys."""
        from chalicelib.adapters.sql_engine import make_engine

        return make_engine(wrapped_keys_url(self.settings))

    @cached_property
    def records(self) -> RecordStore:
        if self.settings.store == "dynamodb":
            from chalicelib.bootstrap_aws import record_store

            return record_store(self.settings, self.settings.dynamodb_table)
        from chalicelib.adapters.sql_record_store import SQLRecordStore

        return SQLRecordStore(self.engine)

    @cached_property
    def wrapped_keys(self) -> RecordStore:
        if self.settings.store == "dynamodb":
            from chalicelib.bootstrap_aws import record_store

            return record_store(self.settings, self.settings.dynamodb_wrapped_keys_table)
        from chalicelib.adapters.sql_record_store import SQLRecordStore

        return SQLRecordStore(self.wrapped_keys_engine)

    @cached_property
    def bus(self) -> EventBus:
        if self.settings.bus == "sns":
            from chalicelib.bootstrap_aws import event_bus

            return event_bus(self.settings)
        from chalicelib.adapters.sql_event_bus import SQLEventBus

        return SQLEventBus(self.engine, self.clock)

    @cached_property
    def outbox_relay(self) -> OutboxRelay:
        """For the function that the records' change stream calls; only DynamoDB has one."""
        from chalicelib.bootstrap_aws import outbox_relay

        return outbox_relay(self.settings)

    @cached_property
    def filesystem(self) -> FilesystemBlobStore:
        """The blob store of this host: bytes and signed URLs both."""
        from chalicelib.adapters.filesystem_blob_store import FilesystemBlobStore

        # Derived, so that two runtimes over one directory and one keyring take each other's URLs.
        secret = self.keys.mac(b"filesystem", purpose="signed-urls")
        return FilesystemBlobStore(str(blob_folder(self.settings)), secret)

    @cached_property
    def blobs(self) -> BlobStore:
        if self.settings.blobs == "s3":
            from chalicelib.bootstrap_aws import blob_store

            return blob_store(self.settings)
        return self.filesystem

    @cached_property
    def keys(self) -> KeyStore:
        if self.settings.keys == "kms":
            from chalicelib.bootstrap_aws import key_store

            return key_store(self.settings)
        from chalicelib.adapters.keyring_key_store import KeyringKeyStore

        return KeyringKeyStore(str(keyring_file(self.settings)), master(self.settings))

    @cached_property
    def mail(self) -> MailSender:
        from chalicelib.bootstrap_mail import mail_sender

        return mail_sender(self.settings, self.clock)

    @cached_property
    def scanner(self) -> Scanner:
        return _scanner(self.settings)

    @cached_property
    def hashes(self) -> SecretHash:
        from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash

        # Outside the database: a stolen table alone gives nobody a code or a password to guess at.
        return Argon2SecretHash(pepper=self.keys.mac(b"pepper", purpose="secret-hash"))

    @cached_property
    def clock(self) -> Clock:
        from chalicelib.adapters.system_clock import SystemClock

        return SystemClock(self.records)

    @cached_property
    def ids(self) -> Ids:
        from chalicelib.adapters.system_ids import SystemIds

        return SystemIds()

    @cached_property
    def identity(self) -> IdentityService:
        from chalicelib.adapters.oidc_identity import OIDCIdentity

        return OIDCIdentity(private_networks=self.settings.partner_networks)

    @cached_property
    def fetch_addresses(self) -> FetchAddresses:
        from chalicelib.adapters.runtime_fetch_addresses import (
            FrontFetchAddresses,
            NoFetchAddresses,
            RuntimeFetchAddresses,
        )

        if self.settings.fetch == "front":
            return FrontFetchAddresses()
        # Lambda sets it for each of its functions: none of them can stream for hours.
        if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
            return NoFetchAddresses()
        return RuntimeFetchAddresses(with_blobs=self.settings.blobs == "filesystem")

    @cached_property
    def tenants(self) -> TenantContexts | None:
        """Contexts with one tenant's credentials each, or None where the process's own reach every tenant."""
        if not self.settings.tenant_role_arn:
            return None
        from chalicelib.bootstrap_tenants import TenantContexts

        return TenantContexts(self)

    def of(self, tenant: str | None) -> LazyContext:
        """The ports of a request that acts for ``tenant``: that tenant's where tenants have roles of their own, else these.

        Raises NotFound for a tenant that is not there, and what ``STSTenantSessions.session`` raises.
        """
        return self if tenant is None or self.tenants is None else self.tenants.of(tenant)


_lock = threading.Lock()
_process: list[LazyContext] = []


def context() -> LazyContext:
    """The ports for what is being done: the acting tenant's where tenants have roles of their own, else the process's.

    Raises SettingsInvalid at the first use, and what ``LazyContext.of`` raises.
    """
    return process_context().of(acting_tenant())


def process_context() -> LazyContext:
    """The ports of this process, from its environment. Raises SettingsInvalid at the first use."""
    with _lock:
        if not _process:
            _process.append(LazyContext(load_settings(os.environ)))
        return _process[0]


def use_context(made: LazyContext) -> None:
    """Make ``made`` the process's own: what a runtime built from its settings, before any app is asked."""
    with _lock:
        _process[:] = [made]


def front_keys() -> tuple[str, ...]:
    """The secrets of the front door; none where nothing stands in front."""
    return process_context().settings.front_keys


def byte_path() -> BytePath | None:
    """The byte path of this host, or None where S3 has the bytes."""
    made = context()
    return made.filesystem if made.settings.blobs == "filesystem" else None


def byte_gate(tenant: str, transfer: str, method: str) -> None:
    """Whether bytes of a transfer may move now. Raises Refused("gone") or NotFound."""
    from chalicelib.use_cases.receiving.byte_gate import require_open

    require_open(context(), tenant, transfer, method)


def database_url(settings: Settings) -> str:
    """The records' URL, with the embedded default."""
    return settings.database_url or f"sqlite:///{settings.data_dir.absolute() / 'records.db'}"


def wrapped_keys_url(settings: Settings) -> str:
    """The wrapped keys' URL, with the embedded default."""
    return settings.wrapped_keys_url or f"sqlite:///{settings.data_dir.absolute() / 'wrapped-keys.db'}"


def blob_folder(settings: Settings) -> Path:
    """Where the filesystem store lies."""
    return Path(settings.blob_dir) if settings.blob_dir else settings.data_dir.absolute() / "blobs"


def keyring_file(settings: Settings) -> Path:
    """Where the keyring lies."""
    return settings.data_dir.absolute() / "keyring.json"


def master_key_file(settings: Settings) -> Path:
    """Where the key that opens the keyring lies."""
    return Path(settings.master_key_file) if settings.master_key_file else settings.data_dir.absolute() / "master.key"


def master(settings: Settings) -> Master:
    """What opens the keyring. Raises Refused("master_...") as keyring_master does."""
    from chalicelib.adapters.keyring_master import PassphraseMaster, read_key_file

    if settings.master_passphrase_file:
        return PassphraseMaster(_first_line(settings.master_passphrase_file))
    return read_key_file(str(master_key_file(settings)))


def sqlite_files(settings: Settings) -> list[Path]:
    """The database files of the embedded store; empty for any other."""
    if settings.store != "sqlite":
        return []
    return [path for url in (database_url(settings), wrapped_keys_url(settings)) if (path := sqlite_path(url))]


def _first_line(path: str) -> str:
    return Path(path).read_text("utf-8").split("\n", 1)[0].rstrip("\r")


def _scanner(settings: Settings) -> Scanner:
    if settings.scanner == "clamd":
        from chalicelib.adapters.clamd_scanner import ClamdScanner

        return ClamdScanner(settings.clamd_address)
    from chalicelib.adapters.no_scanner import NoScanner

    return NoScanner()
