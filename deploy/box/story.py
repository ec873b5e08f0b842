"""The story of `make demo`, told over the box; and what it does not need but the box must show: a transfer that outlives a new deployment."""

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from demo.letters import code_in, letters_to
from demo.settings import DemoSettings, Failed
from demo.story import VISITOR, Story
from deploy.box.emulator import Emulator
from deploy.box.install import ADMIN, BoxInstall
from deploy.box.journal import Schedules

# The least that a transfer lives is 5 minutes.
_EXPIRY_SECONDS: Final = 301
# A little more than the schedules' minute.
_MINUTE: Final = 61
_PATIENCE: Final = 60.0
_FIRST_SWEEP: Final = 180.0


def settings(folder: Path, size: int) -> DemoSettings:
    """The story's settings: a managed file that expires."""
    return DemoSettings(
        None, size, "DynamoDB, S3, KMS, SNS, SQS and SES of the emulator", "", expire=True, once=True, folder=folder
    )


class BoxStory(Story):
    """Time passes by the box's clock; what the cloud holds is written out before it is searched."""

    def __init__(self, told: DemoSettings, install: BoxInstall, emulator: Emulator, schedules: Schedules) -> None:
        super().__init__(told, install)
        self._box = install
        self._clock = emulator.clock
        self._schedules = schedules
        self.steps: list[str] = []

    def say(self, what: str) -> None:
        """One step, kept for the report too."""
        super().say(what)
        self.steps.append(what)

    def admin_looks_around(self) -> None:
        """The audit chain, the usage and the deliveries, so that every API has been asked."""
        self._run("member", ["audit", "list", "--json"])
        token = self._token()
        self._get("/auth/v1/me", token)
        deliveries = self._get("/notifications/v1/deliveries", token)
        self.say(f"the admin looked at the audit log and at {len(deliveries['items'])} deliveries")

    def visitor_fetches(self, link: str) -> bytes:
        """The visitor's file by the command line, with a new proof; gives its bytes."""
        out = self._settings.folder / f"visitor-{time.monotonic_ns()}"
        known = self.letters(VISITOR)
        running = self._begin_get("visitor", link, out)
        try:
            code = self.new_code(VISITOR, known)
        except Failed:
            running.kill()
            raise
        output, error = running.communicate(code + "\n", timeout=60)
        if running.returncode:
            raise Failed(f"get ended with {running.returncode}: {error.strip()}", running.returncode)
        [received] = json.loads(output)["files"]
        return Path(received["path"]).read_bytes()

    @property
    def url(self) -> str:
        """The custom domain of API Gateway."""
        return self._box.url

    @property
    def mails(self) -> Path:
        """Folder of the mails that SES took."""
        return self._mails

    def member(self, *words: str) -> str:
        """What a command of the member prints. Raises Failed."""
        return self._run("member", words)

    def send(self, path: Path, to: str, *options: str) -> str:
        """Send one file, released at once; gives the transfer's id. Raises Failed."""
        sent = self.member("send", str(path), "--to", to, "--hold", "0", "--json", *options)
        return str(json.loads(sent)["id"])

    def allow_plain(self) -> None:
        """The tenant takes plain transfers from now on. Raises what urllib raises."""
        token = self._token()
        shown = urllib.request.Request(f"{self.url}/auth/v1/tenant", headers={"authorization": f"Bearer {token}"})  # noqa: S310  # the box's own address
        with urllib.request.urlopen(shown, timeout=60) as answer:  # noqa: S310  # as above
            version = str(answer.headers["etag"])
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "if-match": version}
        change = json.dumps({"allow_plain": True}).encode()
        asked = urllib.request.Request(f"{self.url}/auth/v1/tenant", change, headers, method="PATCH")  # noqa: S310  # as above
        urllib.request.urlopen(asked, timeout=60).close()  # noqa: S310  # as above

    def recall(self, transfer: str) -> None:
        """Take it back. Raises Failed."""
        self.member("recall", transfer)

    def let_pass(self, seconds: int) -> None:
        """Time passes for the emulator, the functions and the containers."""
        self._schedules.seen()
        self._clock.pass_time(seconds)

    def letters(self, address: str) -> set[str]:
        """Names of the mails that an address has."""
        return set(letters_to(self._mails, address))

    def new_code(self, address: str, known: set[str]) -> str:
        """The code of a mail that is not among ``known``. Raises Failed."""

        def newest() -> str:
            fresh = [code_in(body) for name, body in letters_to(self._mails, address).items() if name not in known]
            return next((code for code in fresh if code), "")

        return self.wait(newest, f"no new code for {address}")

    def wait(self, look: Callable[[], str], complaint: str, seconds: float = _PATIENCE) -> str:
        """What ``look`` gives once it gives anything. Raises Failed."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found:
                return found
            time.sleep(0.1)
        raise Failed(complaint)

    def let_schedules_begin(self) -> None:
        """Let the first minute pass, and its schedules end: the first sweep of a new install looks back a day, in thousands of queries."""
        self._schedules.seen()
        self._clock.pass_time(_MINUTE)
        self._wait_for_schedules(_FIRST_SWEEP)
        self.say("the schedules have run once")

    def _wait_for_expiry(self) -> None:
        self.let_pass(_EXPIRY_SECONDS)

    def _pause(self) -> None:
        """A minute passes once what the last one began is done: a sweep has its minute of time as in an account."""
        super()._pause()
        if self._schedules.done():
            self._schedules.seen()
            self._clock.pass_time(_MINUTE)

    def _wait_for_schedules(self, seconds: float) -> None:
        self.wait(lambda: "done" if self._schedules.done() else "", "the schedules of a minute did not run", seconds)
        self._schedules.seen()

    def _places(self) -> list[Path]:
        self._box.dump()
        return super()._places()

    def _token(self) -> str:
        body = json.dumps({"email": ADMIN, "password": self._box.first["password"], "client": "cli"}).encode()
        asked = urllib.request.Request(  # noqa: S310  # the box's own address
            f"{self._box.url}/auth/v1/login", data=body, headers={"content-type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  # as above
            return str(json.load(answer)["access_token"])

    def _get(self, path: str, token: str) -> Any:
        asked = urllib.request.Request(f"{self._box.url}{path}", headers={"authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(asked, timeout=60) as answer:  # noqa: S310  # the box's own address
            return json.load(answer)
