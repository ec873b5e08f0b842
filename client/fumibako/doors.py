"""Two doors to the same verbs: ``Fumibako`` returns when it is done, ``AsyncFumibako`` is awaited. Nothing else is different.

with Fumibako() as me:                      # the sign-in of ``fumibako login``, or FUMIBAKO_URL and FUMIBAKO_TOKEN
sent = me.send("report.pdf", to=["guest@partner.example"])

async with AsyncFumibako(url, token) as me:
sent = await me.send("report.pdf", to=["guest@partner.example"])
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import update_wrapper
from os import PathLike
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from fumibako.account import Account
from fumibako.asynchronous import AsyncLine
from fumibako.blocking import Pool, open_pool
from fumibako.driving import iterate, run
from fumibako.verbs import fetching, records, requests, sending, transfers
from fumibako.verbs.core import Core
from fumibako.verbs.signing_in import Code, as_guest, as_program, signed_in

P = ParamSpec("P")
R = TypeVar("R")
_CONNECTIONS = 16


class _Door:
    _core: Core


def _now(verb: Callable[Concatenate[Core, P], Coroutine[Any, Any, R]]) -> Callable[Concatenate[_Door, P], R]:
    def called(door: _Door, /, *words: P.args, **named: P.kwargs) -> R:
        return run(verb(door._core, *words, **named))  # noqa: SLF001  # a method of the door

    return update_wrapper(called, verb)


def _soon(
    verb: Callable[Concatenate[Core, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[_Door, P], Coroutine[Any, Any, R]]:
    def called(door: _Door, /, *words: P.args, **named: P.kwargs) -> Coroutine[Any, Any, R]:
        return verb(door._core, *words, **named)  # noqa: SLF001  # a method of the door

    return update_wrapper(called, verb)


def _each_now(verb: Callable[Concatenate[Core, P], AsyncIterator[R]]) -> Callable[Concatenate[_Door, P], Iterator[R]]:
    def called(door: _Door, /, *words: P.args, **named: P.kwargs) -> Iterator[R]:
        return iterate(verb(door._core, *words, **named))  # noqa: SLF001  # a method of the door

    return update_wrapper(called, verb)


def _each_soon(
    verb: Callable[Concatenate[Core, P], AsyncIterator[R]],
) -> Callable[Concatenate[_Door, P], AsyncIterator[R]]:
    def called(door: _Door, /, *words: P.args, **named: P.kwargs) -> AsyncIterator[R]:
        return verb(door._core, *words, **named)  # noqa: SLF001  # a method of the door

    return update_wrapper(called, verb)


class Fumibako(_Door):
    """The blocking door. ``url`` and ``token`` (an access or personal token), or the sign-in in force on this computer.

    Safe to use from several threads. Raises NotAllowed("signed_out"), UsageError.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, _made: tuple[Pool, Core] | None = None
    ) -> None:
        if _made is None:
            credentials, kept = signed_in(url, token)
            pool = open_pool(connections=_CONNECTIONS)
            _made = pool, Core(Account(credentials, pool.line, kept=kept))
        self._pool, self._core = _made

    @classmethod
    def from_link(cls, link: str, *, code: Callable[[str], str] | None = None, passphrase: str | None = None) -> Self:
        """As the guest whom a link invites. ``code(hint)`` gives the one-time code that was mailed; the session is kept for next time."""
        pool = open_pool(connections=_CONNECTIONS)
        return cls(_made=(pool, run(as_guest(pool.line, link, code, passphrase))))

    @classmethod
    def from_key_file(cls, path: str | PathLike[str]) -> Self:
        """As the service account of a key file (spec/cli/key-file.schema.json). Raises UsageError("key_file_wrong")."""
        pool = open_pool(connections=_CONNECTIONS)
        return cls(_made=(pool, as_program(pool.line, path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

    me = _now(transfers.me)
    send = _now(sending.send)
    send_from = _now(sending.send_from)
    get = _now(fetching.get)
    get_zip = _now(fetching.get_zip)
    get_to = _now(fetching.get_to)
    list = _now(transfers.list_transfers)
    show = _now(transfers.show)
    files = _now(transfers.files)
    links = _now(transfers.links)
    extend = _now(transfers.extend)
    recall = _now(transfers.recall)
    wait = _now(transfers.wait)
    create_request = _now(requests.create_request)
    list_requests = _now(requests.list_requests)
    show_request = _now(requests.show_request)
    close_request = _now(requests.close_request)
    certificate = _now(records.certificate)
    receipt = _now(records.receipt)
    events = _each_now(records.events)
    audit = _each_now(records.audit)


class AsyncFumibako(_Door):
    """The asynchronous door, for one event loop. It starts no thread: hashing, sealing and the disk take steps of about a millisecond.

    As ``Fumibako`` otherwise.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, *, _made: tuple[AsyncLine, Core] | None = None
    ) -> None:
        if _made is None:
            credentials, kept = signed_in(url, token)
            line = AsyncLine(connections=_CONNECTIONS)
            _made = line, Core(Account(credentials, line, kept=kept))
        self._line, self._core = _made

    @classmethod
    async def from_link(cls, link: str, *, code: Code | None = None, passphrase: str | None = None) -> Self:
        """As the guest whom a link invites. ``code(hint)`` gives the one-time code that was mailed; the session is kept for next time."""
        line = AsyncLine(connections=_CONNECTIONS)
        return cls(_made=(line, await as_guest(line, link, code, passphrase)))

    @classmethod
    def from_key_file(cls, path: str | PathLike[str]) -> Self:
        """As the service account of a key file (spec/cli/key-file.schema.json). Raises UsageError("key_file_wrong")."""
        line = AsyncLine(connections=_CONNECTIONS)
        return cls(_made=(line, as_program(line, path)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._line.close()

    me = _soon(transfers.me)
    send = _soon(sending.send)
    send_from = _soon(sending.send_from)
    get = _soon(fetching.get)
    get_zip = _soon(fetching.get_zip)
    get_to = _soon(fetching.get_to)
    list = _soon(transfers.list_transfers)
    show = _soon(transfers.show)
    files = _soon(transfers.files)
    links = _soon(transfers.links)
    extend = _soon(transfers.extend)
    recall = _soon(transfers.recall)
    wait = _soon(transfers.wait)
    create_request = _soon(requests.create_request)
    list_requests = _soon(requests.list_requests)
    show_request = _soon(requests.show_request)
    close_request = _soon(requests.close_request)
    certificate = _soon(records.certificate)
    receipt = _soon(records.receipt)
    events = _each_soon(records.events)
    audit = _each_soon(records.audit)
