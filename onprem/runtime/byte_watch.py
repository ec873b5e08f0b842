"""While bytes move: is the transfer still open, and is the client still there?

A URL is judged when it is used; a GET of 10 GiB then runs for minutes. Recall and expiry cut it all the same: the gate is asked again
every few seconds, and a refusal ends the connection before its promised length, so that no client takes what it has for the whole.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from chalicelib.domain.errors import Refused
from onprem.runtime.asgi_messages import Disconnected, Receive, Scope, abort
from onprem.runtime.host import Host

# The promise is 60 seconds from recall to the last byte; the answer to the question itself may take a while.
ASK_SECONDS: Final = 10.0
# A store that can't be asked for this long: the transfer may have expired meanwhile, so nothing more is sent.
UNKNOWN_SECONDS: Final = 45.0
_log = logging.getLogger("fumibako.bytes")


class OpenStill:
    """Asks the gate again when ``ASK_SECONDS`` have passed since the last answer."""

    def __init__(self, host: Host, ask: Callable[[], None], *, every: float = ASK_SECONDS) -> None:
        self._host = host
        self._ask = ask
        self.every = every
        self._loop = asyncio.get_running_loop()
        self._asked = self._answered = self._loop.time()

    async def check(self) -> None:
        """Raises what the gate raises, and StoreAway where it could not be asked for ``UNKNOWN_SECONDS``."""
        now = self._loop.time()
        if now < self._asked + self.every:
            return
        self._asked = now
        try:
            await self._loop.run_in_executor(self._host.bytes, self._ask)
        except Refused as refused:
            if refused.code != "store_away" or now >= self._answered + UNKNOWN_SECONDS:
                raise
        else:
            self._answered = now


class Watch:
    """Beside an answer under way: ``check`` raises once the transfer has closed or the client has gone. Close it."""

    def __init__(self, still: OpenStill, scope: Scope, receive: Receive) -> None:
        self._still = still
        self._scope = scope
        self._receive = receive
        self._task = asyncio.create_task(self._watch())

    def check(self) -> None:
        """Raises Disconnected: whatever the reason, there is nobody left to answer."""
        if self._task.done():
            raise Disconnected

    def close(self) -> None:
        """Stop watching."""
        self._task.add_done_callback(_looked_at)
        self._task.cancel()

    async def _watch(self) -> None:
        """Ends when the client is gone, or the connection was cut because the transfer is no longer open."""
        while True:
            try:
                async with asyncio.timeout(self._still.every):
                    if (await self._receive())["type"] == "http.disconnect":
                        return
            except TimeoutError:
                if not await self._goes_on():
                    return

    async def _goes_on(self) -> bool:
        try:
            await self._still.check()
        except Refused as refused:
            _log.info("stream cut", extra={"code": refused.code})
            # A client that does not read would keep the sender waiting, so it is not left to the sender to notice.
            abort(self._scope)
            return False
        return True


def _looked_at(task: "asyncio.Task[None]") -> None:
    if not task.cancelled():
        task.exception()
