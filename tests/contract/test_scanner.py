"""Every sentence of ``chalicelib.ports.scanner`` over every scanner."""

from collections.abc import Iterator
from typing import get_args

import pytest

from chalicelib.domain.errors import StoreAway
from chalicelib.ports.scanner import VerdictKind
from tests.clamd import EICAR
from tests.contract.adapters_scanner import LIMIT, ScannerSubject

PORT = "scanner"
PLAIN = b"An ordinary letter. " * 1000


class Chunks:
    """An iterable that counts how often and how far it was read."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.begun = 0
        self.given = 0

    def __iter__(self) -> Iterator[bytes]:
        self.begun += 1
        for chunk in self.chunks:
            self.given += 1
            yield chunk


def test_clean_is_given_only_by_an_engine_that_read_every_byte(subject: ScannerSubject) -> None:
    chunks = Chunks(PLAIN, b"", PLAIN)
    verdict = subject.scanner.scan(chunks, size=2 * len(PLAIN))
    assert verdict.kind == ("clean" if subject.reads else "not_scanned")
    assert (chunks.begun, chunks.given) == ((1, 3) if subject.reads else (0, 0))


def test_a_verdict_names_its_engine(subject: ScannerSubject) -> None:
    verdict = subject.scanner.scan([PLAIN], size=len(PLAIN))
    assert verdict.engine
    assert verdict.kind in get_args(VerdictKind)


def test_malware_is_never_clean(subject: ScannerSubject) -> None:
    verdict = subject.scanner.scan([EICAR], size=len(EICAR))
    assert verdict.kind == ("infected" if subject.reads else "not_scanned")
    assert (verdict.signature is not None) == (verdict.kind == "infected")


def test_malware_across_chunks_is_found_because_they_are_read_in_order(subject: ScannerSubject) -> None:
    pieces = [EICAR[at : at + 7] for at in range(0, len(EICAR), 7)]
    verdict = subject.scanner.scan(iter(pieces), size=len(EICAR))
    assert verdict.kind == ("infected" if subject.reads else "not_scanned")


def test_an_empty_file_is_judged_too(subject: ScannerSubject) -> None:
    assert subject.scanner.scan([], size=0).kind == ("clean" if subject.reads else "not_scanned")


def test_what_is_larger_than_the_limit_is_never_clean(subject: ScannerSubject) -> None:
    size = LIMIT + 1
    verdict = subject.scanner.scan((bytes(min(65536, size - at)) for at in range(0, size, 65536)), size=size)
    assert verdict.kind == ("too_large" if subject.reads else "not_scanned")


def test_an_engine_that_does_not_answer_never_says_clean(subject: ScannerSubject) -> None:
    if subject.reads:
        with pytest.raises(StoreAway):
            subject.away.scan([PLAIN], size=len(PLAIN))
    else:
        assert subject.away.scan([PLAIN], size=len(PLAIN)).kind == "not_scanned"


def test_an_error_of_the_source_passes_up_and_no_verdict_is_given(subject: ScannerSubject) -> None:
    def broken() -> Iterator[bytes]:
        yield PLAIN
        raise LookupError("the source broke")

    if subject.reads:
        with pytest.raises(LookupError):
            subject.scanner.scan(broken(), size=2 * len(PLAIN))
    else:
        assert subject.scanner.scan(broken(), size=2 * len(PLAIN)).kind == "not_scanned"
