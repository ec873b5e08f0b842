"""What clamd adds to the contract of scanners: both kinds of address, its limits, its answers."""

import io
import logging
import socket
import threading
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from chalicelib.adapters.clamd_scanner import ClamdScanner
from chalicelib.adapters.no_scanner import NoScanner
from chalicelib.domain.errors import Refused, StoreAway
from tests.smtp_server import closed_port


@contextmanager
def scripted(*answers: bytes | None) -> Iterator[str]:
    """A daemon that gives these answers, one per connection, without looking at what it is sent; None hangs up at once."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            for answer in answers:
                connection, _ = listening.accept()
                with connection:
                    if answer is None:
                        continue
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"


VERSION = b"ClamAV 1.4.3/27000/Sat Nov 21 08:00:00 2026\0"


@pytest.mark.parametrize(
    ("answer", "kind", "signature"),
    [
        (b"stream: OK\0", "clean", None),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", "infected", "Win.Test.EICAR_HDB-1"),
        (b"stream: Eicar-Test-Signature(abc:68) FOUND\0", "infected", "Eicar-Test-Signature(abc:68)"),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", "unscannable", None),
        (b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\0", "unscannable", None),
        (b"INSTREAM size limit exceeded. ERROR\0", "too_large", None),
    ],
)
def test_each_answer_has_its_verdict(answer: bytes, kind: str, signature: str | None) -> None:
    with scripted(VERSION, answer) as address:
        verdict = ClamdScanner(address, timeout=5).scan([b"abc"], size=3)
    assert (verdict.kind, verdict.signature) == (kind, signature)
    assert verdict.engine == VERSION[:-1].decode()


@pytest.mark.parametrize(
    "answers", [(b"something else\0",), (VERSION, b"stream: maybe\0"), (VERSION, b"UNKNOWN COMMAND\0")]
)
def test_a_broken_answer_passes_up(answers: tuple[bytes, ...]) -> None:
    with scripted(*answers) as address, pytest.raises(ValueError, match="scanner"):
        ClamdScanner(address, timeout=5).scan([b"abc"], size=3)


@pytest.mark.parametrize("answers", [(None,), (VERSION, None)])
def test_a_daemon_that_hangs_up_is_away(answers: tuple[bytes | None, ...]) -> None:
    with scripted(*answers) as address, pytest.raises(StoreAway):
        ClamdScanner(address, timeout=5).scan([b"abc"], size=3)


def test_nobody_listening_is_away() -> None:
    with pytest.raises(StoreAway):
        ClamdScanner(f"127.0.0.1:{closed_port()}", timeout=5).scan([b"abc"], size=3)


def test_a_daemon_that_says_nothing_is_away_after_the_timeout() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent, pytest.raises(StoreAway):
        ClamdScanner(f"127.0.0.1:{silent.getsockname()[1]}", timeout=0.2).scan([b"abc"], size=3)


@pytest.mark.parametrize("size", [2, 4])
def test_bytes_that_end_early_or_go_on_are_never_clean(size: int) -> None:
    with scripted(VERSION, b"stream: OK\0") as address, pytest.raises(Refused) as refused:
        ClamdScanner(address, timeout=5).scan([b"abc"], size=size)
    assert refused.value.code == "length_wrong"


def test_what_is_too_large_is_not_even_read() -> None:
    chunks = iter([b"untouched"])
    with scripted(VERSION) as address:
        assert ClamdScanner(address, max_bytes=10, timeout=5).scan(chunks, size=11).kind == "too_large"
    assert next(chunks) == b"untouched"


def test_no_scanner_says_so_when_built(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        NoScanner()
    assert "not_scanned" in caplog.text


@pytest.mark.root
class TestRealClamd:
    """Against the daemon itself (Debian package clamav-daemon)."""

    def test_tcp_and_unix_sockets(self) -> None:
        from tests.clamd import EICAR, clamd

        for address in (clamd().address, clamd().socket):
            verdict = ClamdScanner(address).scan([EICAR], size=len(EICAR))
            assert verdict.kind == "infected"
            assert verdict.signature is not None
            assert verdict.signature.startswith("Eicar-Test-Signature")
            assert verdict.engine.startswith("ClamAV ")

    def test_malware_inside_a_zip_is_found(self) -> None:
        from tests.clamd import EICAR, clamd

        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.txt", EICAR)
        data = packed.getvalue()
        assert ClamdScanner(clamd().socket).scan([data], size=len(data)).kind == "infected"

    def test_more_than_the_daemons_own_limit_is_too_large(self) -> None:
        from tests.clamd import STREAM_MAX, clamd

        size = STREAM_MAX + 1024 * 1024
        chunks = (bytes(65536) for _ in range(size // 65536))
        assert ClamdScanner(clamd().socket).scan(chunks, size=size).kind == "too_large"
