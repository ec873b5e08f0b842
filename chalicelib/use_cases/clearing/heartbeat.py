"""A lease that is kept while long work goes on: renewed from within the work, so that it ends with it."""

from typing import Final

from chalicelib.ports.record_store import ANY, Delete, Key
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.leases import LEASE_MS, Lease, renew

EVERY: Final = LEASE_MS // 3


class Heartbeat:
    """``beat`` as often as the work likes: it writes once in 20 seconds. Raises Conflict where the lease was lost."""

    def __init__(self, ctx: Context, lease: Lease) -> None:
        self._ctx = ctx
        self._lease = lease
        self._next = ctx.clock.now_ms() + EVERY

    def beat(self) -> None:
        """Renew when it is time."""
        now = self._ctx.clock.now_ms()
        if now >= self._next:
            self._lease = renew(self._ctx, self._lease)
            self._next = now + EVERY

    def end(self) -> None:
        """The work is over and won't be done again under this name: nothing of the lease stays."""
        self._ctx.records.transact([Delete(Key(f"lease#{self._lease.name}", "lease"), ANY)])
