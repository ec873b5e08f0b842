"""age: files sealed to a recipient's key (X25519, ChaCha20-Poly1305). Debian package age."""

import subprocess
from pathlib import Path

from bench.processes import Failed, first_line, plain_environment, run

SEAL_FLAGS = "-r RECIPIENT -o TARGET SOURCE"
OPEN_FLAGS = "-d -i IDENTITY -o TARGET SOURCE"
PIPE_FLAGS = "age -r RECIPIENT SOURCE | curl -sS --fail -T - -H Expect: URL"


class Age:
    """One key pair, kept in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._identity = folder / "age.key"
        run(["age-keygen", "-o", str(self._identity)])
        self._recipient = run(["age-keygen", "-y", str(self._identity)]).strip()

    def seal(self, source: Path, target: Path) -> None:
        """Encrypt to the key."""
        run(["age", "-r", self._recipient, "-o", str(target), str(source)])

    def open(self, source: Path, target: Path) -> None:
        """Decrypt with the key."""
        run(["age", "-d", "-i", str(self._identity), "-o", str(target), str(source)])

    def seal_into_curl(self, source: Path, url: str) -> None:
        """The pipe that a person would write in a shell. Raises Failed where either end fails."""
        environment = plain_environment()
        with subprocess.Popen(
            ["age", "-r", self._recipient, str(source)], stdout=subprocess.PIPE, env=environment
        ) as sealing:
            sending = subprocess.run(
                ["curl", "-sS", "--fail", "-T", "-", "-H", "Expect:", url],
                stdin=sealing.stdout,
                capture_output=True,
                check=False,
                env=environment,
            )
        if sealing.returncode or sending.returncode:
            raise Failed(f"age ended with {sealing.returncode}, curl with {sending.returncode}: {sending.stderr!r}")


def version() -> str:
    """As it names itself."""
    return f"age {first_line(['age', '--version'])}"
