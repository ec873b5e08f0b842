"""A whole context of fakes for use case tests."""

from dataclasses import dataclass, field

from tests.fakes.blob_store import FakeBlobStore
from tests.fakes.clock import FakeClock
from tests.fakes.event_bus import FakeEventBus
from tests.fakes.fetch_addresses import FakeFetchAddresses
from tests.fakes.identity import FakeIdentity
from tests.fakes.ids import FakeIds
from tests.fakes.key_store import FakeKeyStore
from tests.fakes.mail import FakeMail
from tests.fakes.record_store import FakeRecordStore
from tests.fakes.scanner import FakeScanner
from tests.fakes.secret_hash import FakeSecretHash


@dataclass
class FakeContext:
    """Satisfies ``chalicelib.use_cases.context.Context``; each field may be given. ``bus`` stands over ``records`` and ``clock``."""

    records: FakeRecordStore = field(default_factory=FakeRecordStore)
    wrapped_keys: FakeRecordStore = field(default_factory=FakeRecordStore)
    clock: FakeClock = field(default_factory=FakeClock)
    ids: FakeIds = field(default_factory=FakeIds)
    blobs: FakeBlobStore = field(default_factory=FakeBlobStore)
    keys: FakeKeyStore = field(default_factory=FakeKeyStore)
    mail: FakeMail = field(default_factory=FakeMail)
    scanner: FakeScanner = field(default_factory=FakeScanner)
    hashes: FakeSecretHash = field(default_factory=FakeSecretHash)
    identity: FakeIdentity = field(default_factory=FakeIdentity)
    fetch_addresses: FakeFetchAddresses = field(default_factory=FakeFetchAddresses)
    bus: FakeEventBus = field(init=False)

    def __post_init__(self) -> None:
        self.bus = FakeEventBus(self.records, self.clock)
