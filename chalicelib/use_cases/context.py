"""What every use case is handed: the ports. ``bootstrap`` builds one lazily, tests build one of fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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


class Context(Protocol):
    """``records`` holds everything but wrapped transfer keys; those live in ``wrapped_keys``, a store that no backup keeps."""

    @property
    def records(self) -> RecordStore: ...
    @property
    def wrapped_keys(self) -> RecordStore: ...
    @property
    def bus(self) -> EventBus: ...
    @property
    def blobs(self) -> BlobStore: ...
    @property
    def keys(self) -> KeyStore: ...
    @property
    def mail(self) -> MailSender: ...
    @property
    def scanner(self) -> Scanner: ...
    @property
    def hashes(self) -> SecretHash: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def identity(self) -> IdentityService: ...
    @property
    def fetch_addresses(self) -> FetchAddresses: ...
