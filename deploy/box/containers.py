"""The containers of the cloud as processes: the image's own layer, run by Debian's own Python, as the image's entry does it.

What a container of Fargate has besides (no rights, nothing to write to, an init) is shown with the image itself (tests/deploy/packaging/test_image.py).
"""

import json
import select
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Self

from deploy.box.emulator import Emulator
from deploy.errors import Refused
from deploy.packaging.image_root import HOME

CLOCK: Final = Path(__file__).parent / "clock"
_STARTS_WITHIN: Final = 60.0
# A little more than the runtime's own drain (settings drain_seconds).
_STOPS_WITHIN: Final = 60.0
FRONT_KEY: Final = "the front of the box shows this to its container"


def settings_of(functions: Mapping[str, str], emulator: Emulator, **own: str) -> dict[str, str]:
    """FUMIBAKO_* of a container: what the functions are told of stores, keys and addresses, and its own."""
    shared = {name: value for name, value in functions.items() if name.startswith("FUMIBAKO_")}
    # Which a function has and a container has not, or the other way round.
    for name in ("FUMIBAKO_FETCH", "FUMIBAKO_TENANT_ROLE_ARN", "FUMIBAKO_FRONT_KEYS"):
        shared.pop(name, None)
    return {
        **shared,
        "FUMIBAKO_SQS_QUEUE_PREFIX": "fumibako-box",
        "AWS_ACCESS_KEY_ID": emulator.account,
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_DEFAULT_REGION": emulator.region,
        **{f"FUMIBAKO_{name.upper()}": value for name, value in own.items()},
    }


class Container:
    """``with Container(...) as one``: runs in the block. ``name`` is what it calls itself to AWS; ``layer`` the image's root."""

    def __init__(self, name: str, layer: Path, settings: Mapping[str, str], emulator: Emulator) -> None:
        self.name = name
        self.log = emulator.folder / f"{name}.log"
        self.port = 0
        home = layer / HOME
        own = emulator.folder / "containers" / name
        own.mkdir(parents=True, exist_ok=True)
        self._listens = "bytes" in settings["FUMIBAKO_ROLES"]
        self._environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(own),
            "TMPDIR": str(own),
            "PYTHONPATH": f"{CLOCK}:{home / 'app'}:{home / 'lib'}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "BOX_CLOCK": str(emulator.clock.path),
            "AWS_SDK_UA_APP_ID": name,
            "FUMIBAKO_SERVICES_DIR": str(home / "services"),
            "FUMIBAKO_DATA_DIR": str(own),
            **settings,
        }

    def __enter__(self) -> Self:
        python = shutil.which("python3", path="/usr/bin")
        if python is None:
            raise Refused("python_missing", "There is no /usr/bin/python3 for the containers.", "Run `make packages`.")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [python, "-m", "onprem.runtime"],
                env=self._environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        if self._listens:
            self.port = int(str(self._said()["listening"]).rpartition(":")[2])
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def told_to_stop(self) -> None:
        """SIGTERM, as Fargate gives it two minutes before it takes a Spot task back."""
        self._process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Its exit code, once it has come to its end. Raises Refused("container_stays")."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(_STOPS_WITHIN)
        raise Refused(
            "container_stays", f"{self.name} did not end within {_STOPS_WITHIN:.0f} s.", f"See {self.log.name}."
        )

    def _said(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _STARTS_WITHIN)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self.__exit__()
            end = self.log.read_text("utf-8", "replace")[-800:]
            raise Refused("container_failed", f"{self.name} did not start: {end}", "Its log lies in build/cloud.")
        found: dict[str, Any] = json.loads(line)
        return found
