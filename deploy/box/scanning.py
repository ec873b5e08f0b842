"""The scanner in the box: what was sent waits in its queue, a container puts it past a real clamd, malware ends a transfer, and a stop in the middle drains."""

import json
from pathlib import Path
from typing import Any, Final

from demo.settings import Failed
from deploy import names
from deploy.box.clamd import EICAR, Clamd
from deploy.box.containers import Container
from deploy.box.emulator import Emulator
from deploy.box.story import BoxStory
from deploy.stage import Stage

_TO: Final = "careful@partner.example"


class Scanning:
    """``container`` scans already; it is stopped at the end of ``tell``, as scaling in does."""

    def __init__(self, story: BoxStory, emulator: Emulator, stage: Stage, clamd: Clamd, folder: Path) -> None:
        self._story = story
        self._queue = emulator.client("sqs")
        self._url = self._queue.get_queue_url(QueueName=names.queue(stage, names.SCANS))["QueueUrl"]
        self._clamd = clamd
        self._folder = folder

    def tell(self, container: Container) -> dict[str, Any]:
        """What was seen. Raises Failed."""
        infected = self._sent("invoice.com", EICAR)
        found = self._story.wait(lambda: self._ended(infected), "malware was not found", 120)
        self._story.say(f"clamd found the test virus; the transfer is {found}")
        drained = self._drained(container)
        self._story.say("a scanner that was told to stop in the middle came to the end of its scan")
        return {"infected": found, **drained}

    def _drained(self, container: Container) -> dict[str, Any]:
        """Clamd holds its breath, so that the stop comes in the middle of a scan."""
        self._clamd.holds()
        try:
            sent = self._sent("letter.txt", b"nothing in here\n" * 1_000)
            self._story.wait(lambda: "1" if self._under_way() else "", "no container took the scan", 120)
            container.told_to_stop()
        finally:
            self._clamd.goes_on()
        code = container.ended()
        if code:
            raise Failed(f"the scanner ended with {code} instead of draining")
        state = self._story.wait(lambda: self._ready(sent), "a drained scan did not release its transfer")
        if self._under_way() or self._waiting():
            raise Failed("the drained scanner left its message in the queue")
        return {"exit_code": code, "drained": state}

    def _sent(self, name: str, content: bytes) -> str:
        path = self._folder / name
        path.write_bytes(content)
        return self._story.send(path, _TO, "--expires", "1d")

    def _ended(self, transfer: str) -> str:
        shown = self._shown(transfer)
        return f"{shown['state']} ({shown['scan']})" if shown["scan"] == "infected" else ""

    def _ready(self, transfer: str) -> str:
        shown = self._shown(transfer)
        if shown["scan"] not in ("pending", "clean"):
            raise Failed(f"a harmless file is {shown['scan']}")
        return f"{shown['state']} ({shown['scan']})" if shown["state"] == "ready" else ""

    def _shown(self, transfer: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._story.member("show", transfer, "--json"))
        return found

    def _under_way(self) -> int:
        return self._depth("ApproximateNumberOfMessagesNotVisible")

    def _waiting(self) -> int:
        return self._depth("ApproximateNumberOfMessages")

    def _depth(self, name: str) -> int:
        told = self._queue.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(told["Attributes"][name])
