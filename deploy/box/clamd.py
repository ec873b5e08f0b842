"""A real clamd for the box: the scanner's own configuration, and one signature, that of EICAR's test file. None is fetched."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Self

from deploy.errors import Refused
from deploy.packaging.staging import ROOT

CONFIGURATION: Final = ROOT / "deploy" / "scanner" / "clamd.conf"
# In hexadecimal, or every scanner on a contributor's machine would take this file away (https://www.eicar.org/download-anti-malware-testfile/).
EICAR: Final = bytes.fromhex(
    "58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d"
    "544553542d46494c452124482b482a"
)
_STARTS_WITHIN: Final = 60.0


def clamd_path() -> str | None:
    """Debian's clamd, or None where it is not installed."""
    return shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")


class Clamd:
    """``with Clamd(folder) as clamd``: listens at ``clamd.address`` until the block ends. Raises Refused("clamd_missing") or ("clamd_failed")."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0

    @property
    def address(self) -> str:
        """host:port."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        program = clamd_path()
        if program is None:
            raise Refused(
                "clamd_missing", "There is no clamd.", "Run `make packages`, or leave the scanner out: --no-scanner."
            )
        signatures = self._folder / "signatures"
        signatures.mkdir(parents=True)
        (signatures / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n", "ascii")
        # clamd takes no port 0; should another process be faster, it ends at once and is told of.
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        written = self._folder / "clamd.conf"
        written.write_text(self._configuration(signatures), "utf-8")
        self._process = subprocess.Popen(
            [program, "-c", str(written)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.goes_on()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def holds(self) -> None:
        """Answer nothing from now on: whoever scans waits."""
        self._process.send_signal(signal.SIGSTOP)

    def goes_on(self) -> None:
        """Answer again."""
        self._process.send_signal(signal.SIGCONT)

    def _configuration(self, signatures: Path) -> str:
        """The container's own, but for where it lies and listens."""
        lines = [line for line in CONFIGURATION.read_text("utf-8").splitlines() if line and not line.startswith("#")]
        told = dict(line.split(maxsplit=1) for line in lines)
        told |= {
            "DatabaseDirectory": str(signatures),
            "TemporaryDirectory": str(self._folder),
            "TCPSocket": str(self._port),
            "User": _whoever_runs_this(),
        }
        return "".join(f"{name} {value}\n" for name, value in told.items())

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise Refused("clamd_failed", "clamd did not take its configuration.", "Run it by hand to see why.")


def _whoever_runs_this() -> str:
    import getpass  # noqa: PLC0415  # beside its only use

    return getpass.getuser()
