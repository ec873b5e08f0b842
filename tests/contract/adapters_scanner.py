"""The scanners under contract: the fake, a real clamd, none; and the secret hashes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chalicelib.ports.scanner import Scanner
from chalicelib.ports.secret_hash import SecretHash
from tests.contract.harness import Registry, Scene

LIMIT = 3 * 1024 * 1024


@dataclass
class ScannerSubject:
    """``scanner`` takes up to ``LIMIT`` bytes; ``away`` is the same where its engine does not answer; ``reads``: it reads at all."""

    scanner: Scanner
    away: Scanner
    reads: bool = True


@contextmanager
def fake_scanner(scene: Scene) -> Iterator[ScannerSubject]:
    from tests.fakes.scanner import FakeScanner

    away = FakeScanner()
    away.away = True
    yield ScannerSubject(FakeScanner(limit=LIMIT), away)


@contextmanager
def clamd_scanner(scene: Scene) -> Iterator[ScannerSubject]:
    from chalicelib.adapters.clamd_scanner import ClamdScanner
    from tests.clamd import clamd

    away = ClamdScanner(str(scene.tmp_path / "nobody"), max_bytes=LIMIT)
    yield ScannerSubject(ClamdScanner(clamd().socket, max_bytes=LIMIT), away)


@contextmanager
def no_scanner(scene: Scene) -> Iterator[ScannerSubject]:
    from chalicelib.adapters.no_scanner import NoScanner

    yield ScannerSubject(NoScanner(), NoScanner(), reads=False)


@dataclass
class HashSubject:
    """``weak`` has smaller parameters than ``hashes``."""

    hashes: SecretHash
    weak: SecretHash


@contextmanager
def fake_hash(scene: Scene) -> Iterator[HashSubject]:
    from tests.fakes.secret_hash import FakeSecretHash

    yield HashSubject(FakeSecretHash(2), FakeSecretHash(1))


@contextmanager
def argon2_hash(scene: Scene) -> Iterator[HashSubject]:
    from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash

    pepper = b"a pepper of the tests"
    yield HashSubject(Argon2SecretHash(memory=64, passes=2, pepper=pepper), Argon2SecretHash(memory=32, pepper=pepper))


def register(registry: Registry) -> None:
    registry.add("scanner", "fake", fake_scanner)
    registry.add("scanner", "none", no_scanner)
    registry.add("scanner", "clamd", clamd_scanner, group="clamd")
    registry.add("secret_hash", "fake", fake_hash)
    registry.add("secret_hash", "argon2", argon2_hash)
