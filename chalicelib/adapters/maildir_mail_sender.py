"""Mail into a maildir (https://cr.yp.to/proto/maildir.html), to try Fumibako without a mail server. It delivers to nobody.

So that bounces can be tried too, addresses under ``.invalid`` (RFC 2606) are refused for good.
"""

import errno
import logging
import mailbox
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chalicelib.adapters.host_time import host_ms
from chalicelib.adapters.mime_message import mime_message
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.mail import Mail

_LOG = logging.getLogger(__name__)
# The standard library makes the folders and counts its file names without a lock: of two threads at once, one would fail.
_ONE_AT_A_TIME: Final = threading.Lock()


class MaildirMailSender:
    """For evaluation only, and it says so when built. The folder above ``path`` must be there. ``now`` gives ms."""

    def __init__(self, path: str, *, now: Callable[[], int] = host_ms) -> None:
        self._path = path
        self._now = now
        _LOG.warning("Mail goes into a folder on this host and to nobody else: this is for evaluation only.")

    def send(self, mail: Mail) -> None:
        message = mime_message(mail, now=self._now())
        if mail.to.lower().endswith(".invalid"):
            raise Refused("mail_refused", "Addresses under .invalid have no mailbox.")
        try:
            with _ONE_AT_A_TIME:
                self._create()
                folder = mailbox.Maildir(self._path, create=False)
                folder.add(message)
                folder.close()
        except FileNotFoundError as error:
            raise StoreAway("The folder for mail is not there.") from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ESTALE, errno.EROFS):
                raise
            raise StoreAway("The folder for mail can't be written.") from error

    def _create(self) -> None:
        folder = Path(self._path)
        for place in (folder, folder / "tmp", folder / "new", folder / "cur"):
            place.mkdir(mode=0o700, exist_ok=True)  # Another process may be making them too.
