"""The emulator of AWS: a process of its own from an environment of its own (.venv-box, because it pins what it needs)."""

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

import boto3
from botocore.config import Config

from deploy.box.clock_hand import ClockHand
from deploy.errors import Refused

ROOT: Final = Path(__file__).resolve().parents[2]
PYTHON: Final = ROOT / ".venv-box/bin/python"
# What the box's own calls carry in their user agent: they are no part of the story and are not counted.
OWN: Final = "fumibako-box"
_STARTS_WITHIN: Final = 60.0
_PATIENCE: Final = {"connect_timeout": 5, "read_timeout": 120, "retries": {"total_max_attempts": 2}}


class Emulator:
    """``with Emulator(folder, region=..., account=...) as emulator``: up and empty; stopped and gone when the block ends.

    ``folder`` gets its log, its scratch and the journal of what it was asked. ``sdk`` is the folder that functions import boto3 from; None: the
    emulator's own. Raises Refused("emulator_missing") or ("emulator_failed").
    """

    def __init__(self, folder: Path, *, region: str, account: str, sdk: Path | None = None) -> None:
        self.folder = folder
        self.region = region
        self.account = account
        self.port = _free_port()
        self.clock = ClockHand(folder / "clock")
        self.journal = folder / "journal.jsonl"
        self.log = folder / "emulator.log"
        self.events = folder / "events.jsonl"
        self._sdk = sdk

    @property
    def host(self) -> str:
        """host:port of AWS's own addresses, S3's among them."""
        return f"localhost:{self.port}"

    @property
    def domain(self) -> str:
        """The custom domain of API Gateway, which the emulator knows by its name alone: AWS's own addresses have another."""
        return "127.0.0.1"

    @property
    def public_url(self) -> str:
        """The tenant's address. Plain http is taken for this machine alone."""
        return f"http://{self.domain}:{self.port}"

    @property
    def endpoint(self) -> str:
        """Where every service of AWS answers."""
        return f"http://{self.host}"

    def client(self, service: str) -> Any:
        """A boto3 client of the box's own."""
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.account,
            aws_secret_access_key="emulated",  # noqa: S106  # the emulator asks nobody
            config=Config(user_agent_extra=OWN, s3={"addressing_style": "path"}, **_PATIENCE),
        )

    def __enter__(self) -> Self:
        if not PYTHON.exists():
            raise Refused(
                "emulator_missing",
                "There is no .venv-box.",
                "Run `make box-venv`, which installs requirements/box.lock.",
            )
        self.journal.touch()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(PYTHON), "-c", _START, str(ROOT)],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def tail(self) -> str:
        """The end of its log."""
        return self.log.read_text("utf-8", "replace")[-3000:]

    def _environment(self) -> dict[str, str]:
        """Nothing of the caller's but the path: no credentials, no settings, no proxies."""
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(Path(__file__).parent / "clock"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BOX_CLOCK": str(self.clock.path),
            "BOX_JOURNAL": str(self.journal),
            "BOX_EVENTS": str(self.events),
            "BOX_RUNTIME": str(self._sdk or ""),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": self.account,
            "LAMBDA_EXECUTOR": "local",
            "IOT_MTLS_ENABLED": "0",
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "LOG_LEVEL": "INFO",
        }

    def _wait(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/_ministack/health")
                if connection.getresponse().status == 200:
                    connection.close()
                    return
            time.sleep(0.05)
        raise Refused("emulator_failed", f"The emulator did not start: {self.tail()}", "See its log in build/cloud.")

    def _stop(self) -> None:
        """The whole session: functions are children of the emulator."""
        for sign, seconds in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
                break
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


_START: Final = "import sys; sys.path.insert(0, sys.argv.pop(1)); from deploy.box.launch import main; sys.exit(main())"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
