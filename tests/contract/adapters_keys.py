"""key_store: the fake and the keyring file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from chalicelib.adapters.keyring_key_store import KeyringKeyStore
from chalicelib.adapters.keyring_master import KeyFileMaster
from chalicelib.domain.errors import StoreAway
from chalicelib.ports.key_store import KeyStore, Use
from tests.contract.harness import Registry, Scene
from tests.fakes.key_store import FakeKeyStore

MASTER = KeyFileMaster(bytes(range(32)))


def register(registry: Registry) -> None:
    registry.add("key_store", "fake", fake_subject)
    registry.add("key_store", "keyring", keyring_subject)


class FakeSubject:
    """``open`` gives the same store: a fake has no second process."""

    unknown_error: type[Exception] = RuntimeError

    def __init__(self) -> None:
        self._store = FakeKeyStore()

    def open(self) -> KeyStore:
        return self._store

    def rotate(self, use: Use) -> None:
        self._store.rotate(use)

    @contextmanager
    def failing(self, kind: Literal["away", "unknown"]) -> Iterator[KeyStore]:
        broken = FakeKeyStore()
        broken.fault = StoreAway() if kind == "away" else RuntimeError("unknown")
        yield broken


class KeyringSubject:
    """A keyring in a folder; its "SDK" is the file system."""

    unknown_error: type[Exception] = OSError

    def __init__(self, folder: Path) -> None:
        self._path = folder / "keyring.json"
        self._now = 1_767_225_600_000
        KeyringKeyStore.create(str(self._path), MASTER, now=self._now)

    def open(self) -> KeyringKeyStore:
        return KeyringKeyStore(str(self._path), MASTER)

    def rotate(self, use: Use) -> None:
        self._now += 1
        self.open().rotate(use, now=self._now)

    @contextmanager
    def failing(self, kind: Literal["away", "unknown"]) -> Iterator[KeyStore]:
        """Away: the file is gone, as on a disk that was unmounted. Unknown: a folder stands in its place."""
        store = self.open()
        self._path.unlink()
        if kind == "unknown":
            self._path.mkdir()
        yield store


@contextmanager
def fake_subject(_scene: Scene) -> Iterator[FakeSubject]:
    yield FakeSubject()


@contextmanager
def keyring_subject(scene: Scene) -> Iterator[KeyringSubject]:
    yield KeyringSubject(scene.tmp_path)
