"""An install of its own: data folder, stores, runtime. Everything runs as separate processes and is stopped at the end."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from demo.emulators import start_aws, start_postgresql
from demo.settings import DemoSettings, Failed

ADMIN = "admin@demo.example"
# What `make page` builds; the demo goes without a page where it was not built.
BUILT_PAGE = Path(__file__).resolve().parent.parent / "web/build/page"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Install:
    """``with Install(settings)``: initialised, serving, signed in nowhere yet."""

    def __init__(self, settings: DemoSettings) -> None:
        self._settings = settings
        self._stack = ExitStack()
        self.data = settings.folder / "data"
        self.url = f"http://127.0.0.1:{free_port()}"
        self.first: dict[str, Any] = {}

    @property
    def has_page(self) -> bool:
        """Whether the page was built."""
        return (BUILT_PAGE / "headers.json").is_file()

    def __enter__(self) -> Self:
        self.data.mkdir(parents=True, mode=0o700)
        try:
            self._environment = self._environment_of_store()
            self.first = self._initialise()
            self._serve()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._settings.once:
            shutil.rmtree(self._settings.folder, ignore_errors=True)

    def _environment_of_store(self) -> dict[str, str]:
        port = self.url.rsplit(":", 1)[1]
        chosen = {
            "FUMIBAKO_MODE": "evaluation",
            "FUMIBAKO_DATA_DIR": str(self.data),
            "FUMIBAKO_LISTEN_PORT": port,
            "FUMIBAKO_BASE_URL": self.url,
            "FUMIBAKO_MAIL": "maildir",
            "FUMIBAKO_SCANNER": "none",
            "FUMIBAKO_SCHEDULE_SECONDS": "1",
            "FUMIBAKO_MIN_FREE_BYTES": "0",
        }
        if self.has_page:
            chosen["FUMIBAKO_PAGE_DIR"] = str(BUILT_PAGE)
        if self._settings.store == "postgresql":
            chosen |= start_postgresql(self._stack, self._settings.folder)
        elif self._settings.store == "aws":
            chosen |= start_aws(self._stack, self._settings.folder)
        kept = {k: v for k, v in os.environ.items() if not k.startswith("FUMIBAKO_")}
        return {**kept, **chosen}

    def _initialise(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "onprem.runtime", "init", "--tenant", "demo", "--name", "Demo Company"]
        command += ["--admin-email", ADMIN, "--admin-name", "Demo Admin", "--language", "en"]
        ended = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise Failed(f"init ended with {ended.returncode}: {ended.stderr.strip()[-500:]}")
        answer: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return answer

    def _serve(self) -> None:
        log = self._stack.enter_context((self._settings.folder / "runtime.log").open("wb"))
        process = subprocess.Popen(
            [sys.executable, "-m", "onprem.runtime"],
            env=self._environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self._stack.callback(self._stop, process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.URLError):
                time.sleep(0.1)
        tail = (self._settings.folder / "runtime.log").read_text("utf-8", "replace")[-1500:]
        raise Failed(f"the runtime did not become ready:\n{tail}")

    def _stop(self, process: "subprocess.Popen[bytes]") -> None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stay_up(self, link: str) -> None:
        """Print where it is, who may sign in, and a guest's link to a transfer that is still there; then wait for Ctrl-C."""
        print(f"\nFumibako stays up at {self.url}", flush=True)
        page = "" if self.has_page else "   (install node and npm, then `make page` builds the page behind it)"
        print(f"  a member's page  {self.url}/   sign in as the first admin{page}")
        print(f"  a guest's page   {link}")
        print(f"  the guest's code comes by mail, and every mail is shown at  {self.url}/mail")
        print(f"  first admin  {self.first['email']}   password  {self.first['password']}")
        print(f"  sign in      fumibako login {self.url} --email {self.first['email']}")
        print(f"  mails are in {self.data / 'mail'}\nCtrl-C stops it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print(flush=True)


def files_below(folder: Path) -> list[Path]:
    """Every regular file of the data folder: databases, journals, logs, blobs, mails."""
    return [path for path in folder.rglob("*") if path.is_file()]
