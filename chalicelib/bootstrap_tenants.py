"""Ports for the requests of one tenant, where tenants share an account: the one place that chooses between them and the process's own.

Records, wrapped keys, bytes and seals go through clients with that tenant's credentials; clock, mail, hashes and the rest belong to nobody
and stay with the process. Each tenant's clients are made once for its session and thrown away with it, so no client ever changes hands.
"""
# ruff: noqa: PLC0415  # only the SDKs that the settings need are imported

from __future__ import annotations

import threading
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib import bootstrap_aws
from chalicelib.adapters.sts_tenant_sessions import KEPT, STSTenantSessions, TenantSession
from chalicelib.bootstrap import LazyContext
from chalicelib.domain.errors import NotFound
from chalicelib.stores.tenant_store import tenant_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.ports.blob_store import BlobStore
    from chalicelib.ports.clock import Clock
    from chalicelib.ports.event_bus import EventBus
    from chalicelib.ports.fetch_addresses import FetchAddresses
    from chalicelib.ports.identity import IdentityService
    from chalicelib.ports.ids import Ids
    from chalicelib.ports.key_store import KeyStore
    from chalicelib.ports.mail import MailSender
    from chalicelib.ports.record_store import RecordStore
    from chalicelib.ports.scanner import Scanner
    from chalicelib.ports.secret_hash import SecretHash


class TenantContext(LazyContext):
    """The process's context with one tenant's stores. Building it does no I/O."""

    def __init__(self, process: LazyContext, session: TenantSession) -> None:
        super().__init__(process.settings)
        self._process = process
        self.session = session

    @cached_property
    def records(self) -> RecordStore:
        return bootstrap_aws.record_store(self.settings, self.settings.dynamodb_table, self.session)

    @cached_property
    def wrapped_keys(self) -> RecordStore:
        return bootstrap_aws.record_store(self.settings, self.settings.dynamodb_wrapped_keys_table, self.session)

    @cached_property
    def blobs(self) -> BlobStore:
        if self.settings.blobs == "s3":
            return bootstrap_aws.blob_store(self.settings, self.session)
        return self._process.blobs

    @cached_property
    def keys(self) -> KeyStore:
        if self.settings.keys != "kms":
            return self._process.keys
        from chalicelib.adapters.tenant_key_store import TenantKeyStore

        own = bootstrap_aws.key_store(self.settings, self.session)
        return TenantKeyStore(self.session.tenant, own=own, shared=self._process.keys)

    @cached_property
    def bus(self) -> EventBus:
        return self._process.bus

    @cached_property
    def mail(self) -> MailSender:
        return self._process.mail

    @cached_property
    def scanner(self) -> Scanner:
        return self._process.scanner

    @cached_property
    def hashes(self) -> SecretHash:
        return self._process.hashes

    @cached_property
    def clock(self) -> Clock:
        return self._process.clock

    @cached_property
    def ids(self) -> Ids:
        return self._process.ids

    @cached_property
    def identity(self) -> IdentityService:
        return self._process.identity

    @cached_property
    def fetch_addresses(self) -> FetchAddresses:
        return self._process.fetch_addresses


class TenantContexts:
    """The contexts of the tenants that this process served last, at most ``kept`` of them.

    Before a sign-in the tenant comes from what was sent, so nothing is asked of STS, and nobody's place among the kept is taken, for one that
    does not exist: ``exists`` is asked first, and by default looks the tenant's settings up with the process's own rights.
    """

    def __init__(
        self,
        process: LazyContext,
        sessions: STSTenantSessions | None = None,
        *,
        kept: int = KEPT,
        exists: Callable[[str], bool] | None = None,
    ) -> None:
        self._process = process
        self._sessions = sessions or bootstrap_aws.tenant_sessions(process.settings)
        self._kept = kept
        self._exists = exists or self._has_settings
        self._lock = threading.Lock()
        self._made: OrderedDict[str, TenantContext] = OrderedDict()

    def of(self, tenant: str) -> TenantContext:
        """The context of the tenant's present session. Raises NotFound where there is no such tenant, and as ``STSTenantSessions.session``."""
        with self._lock:
            known = tenant in self._made
        if not known and not self._exists(tenant):
            raise NotFound
        session = self._sessions.session(tenant)
        with self._lock:
            found = self._made.get(tenant)
            if found is None or found.session is not session:
                found = self._made[tenant] = TenantContext(self._process, session)
            self._made.move_to_end(tenant)
            while len(self._made) > self._kept:
                self._made.popitem(last=False)
            return found

    def _has_settings(self, tenant: str) -> bool:
        return self._process.records.get(tenant_key(tenant)) is not None
