"""Mails that the product gave to SES, as files of a maildir: the story reads them as it reads those of an install."""

import json
import threading
import urllib.request
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Self

_EVERY_SECONDS: Final = 0.2


class Mailbox:
    """``with Mailbox(endpoint, folder)``: whatever the emulator's SES took appears in ``folder``/new, once each."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self._inbox = f"{endpoint}/_ministack/ses/messages"
        self._folder = folder
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="mailbox", daemon=True)

    def __enter__(self) -> Self:
        (self._folder / "new").mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)

    def fetch(self) -> None:
        """Look once. Raises OSError where the emulator does not answer."""
        with urllib.request.urlopen(self._inbox, timeout=10) as answer:  # noqa: S310  # the emulator's own address
            document = json.load(answer)
        for records in document["messages"].values():
            for record in records:
                self._keep(record)

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            try:
                self.fetch()
            except (OSError, ValueError):  # busy, or about to end
                continue

    def _keep(self, record: dict[str, Any]) -> None:
        name = "".join(letter for letter in str(record["MessageId"]) if letter.isalnum() or letter == "-")
        target = self._folder / "new" / name
        if not target.exists():
            temporary = self._folder / f"{name}.tmp"
            temporary.write_bytes(letter_of(record).as_bytes())
            temporary.replace(target)


def letter_of(record: dict[str, Any]) -> EmailMessage:
    """A record of the emulator's store as a mail: whom to, the subject, the text."""
    letter = EmailMessage()
    letter["To"] = ", ".join(record["To"])
    letter["From"] = record["Source"]
    letter["Subject"] = record["Subject"]
    letter.set_content(record["BodyText"])
    return letter
