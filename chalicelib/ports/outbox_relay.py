"""New outbox rows to their consumers, as the store's own change stream tells of them: within a second, and without anybody asking the outbox.

Contract
- ``relay`` takes the records of one batch as the stream gave them, oldest first, sends the events that were newly written to the outbox
  and removes them there. Whatever else changed in the store is passed by.
- It gives the positions (the stream's own) of records whose event was not taken: the stream must begin again at the first of them. Empty: all
  is sent. Raises StoreAway where nothing could be sent at all.
- A row that can't be read is logged by its position and passed by: it must not hold up those behind it, and it stays in the outbox.
- Two relays at once, or a relay beside a pump, lose nothing; an event may then arrive twice.
- Not promised: that the stream tells of every row. What it left is sent by the schedule that empties the outbox (``resend_unsent``).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class OutboxRelay(Protocol):
    """Send what the stream tells of."""

    def relay(self, records: Sequence[Mapping[str, Any]]) -> list[str]: ...
