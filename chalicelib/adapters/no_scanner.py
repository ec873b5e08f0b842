"""No scanner: every verdict is ``not_scanned``, which nothing may present as clean. Production asks for a recorded reason."""

import logging
from collections.abc import Iterable

from chalicelib.ports.scanner import Verdict

_LOG = logging.getLogger(__name__)


class NoScanner:
    """Says when built that nothing is scanned; reads no byte."""

    def __init__(self) -> None:
        _LOG.warning("No malware scanner is set: files are passed on with the verdict not_scanned.")

    def scan(self, chunks: Iterable[bytes], *, size: int) -> Verdict:  # noqa: ARG002 - nothing is read
        return Verdict("not_scanned", "none")
