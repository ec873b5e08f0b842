"""clamd as its container runs it: our own configuration, taken by a real clamd, and limits that fit the adapter."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.adapters.clamd_scanner import DEFAULT_MAX, ClamdScanner
from tests.clamd import EICAR

SCANNER = Path(__file__).resolve().parents[3] / "deploy/scanner"


def settings() -> dict[str, str]:
    """clamd.conf as name -> value."""
    lines = (SCANNER / "clamd.conf").read_text("utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return dict(pairs)


def in_bytes(value: str) -> int:
    return int(value.removesuffix("M")) * 1024**2


def test_clamd_reads_all_that_the_adapter_sends_or_says_that_it_did_not() -> None:
    found = settings()
    for name in ("StreamMaxLength", "MaxFileSize", "MaxScanSize"):
        assert in_bytes(found[name]) >= DEFAULT_MAX
    assert found["AlertExceedsMax"] == found["AlertEncrypted"] == "yes"
    assert found["TCPAddr"] == "127.0.0.1"


def test_signatures_come_before_clamd_and_a_signal_reaches_it() -> None:
    text = (SCANNER / "entry").read_text("utf-8")
    assert text.index("freshclam") < text.index("exec clamd")
    image = (SCANNER / "Containerfile").read_text("utf-8")
    assert 'ENTRYPOINT ["/usr/bin/tini", "-s", "--",' in image
    assert "USER clamav" in image


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    assert program, "clamd is missing: apt-get install clamav-daemon"
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n", "utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Where it lies and listens is the test's; all else is the file's own.
    own = {
        **settings(),
        "DatabaseDirectory": str(signatures),
        "TemporaryDirectory": str(tmp_path),
        "TCPSocket": str(port),
    }
    config = tmp_path / "clamd.conf"
    config.write_text("".join(f"{name} {value}\n" for name, value in own.items()) + "User root\n", "utf-8")
    process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "clamd did not take the configuration"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
    yield f"127.0.0.1:{port}"
    process.terminate()
    assert process.wait(10) == 0


@pytest.mark.root
@pytest.mark.slow
def test_a_real_clamd_takes_the_file_and_scans(address: str) -> None:
    scanner = ClamdScanner(address)
    assert scanner.scan([b"nothing here"], size=12).kind == "clean"
    found = scanner.scan([EICAR], size=len(EICAR))
    assert (found.kind, found.signature) == ("infected", "Eicar-Test-Signature.UNOFFICIAL")
