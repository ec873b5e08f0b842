"""What may happen to one exchange, or to the whole line."""

from dataclasses import dataclass, field
from typing import Literal

Where = Literal["request", "answer", "unheard"]


@dataclass(frozen=True)
class Cut:
    """The connection ends. ``request``: after ``after`` bytes of the request's body went to the server; ``answer``: after so many bytes of
    the answer's body went to the client; ``unheard``: the server has answered and the client never learns it.

    ``reset`` ends it by RST, otherwise by FIN, which a careless reader takes for the end of the body.
    """

    where: Where
    after: int = 0
    reset: bool = True


@dataclass(frozen=True)
class Answer:
    """Somebody on the way answers instead of the server, after the request was read whole or, where ``at_once``, after its head."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    at_once: bool = False


@dataclass(frozen=True)
class Silence:
    """Nothing is passed on and nothing comes back for ``seconds``; then the connection ends."""

    seconds: float


Act = Cut | Answer | Silence

PORTAL = Answer(
    200,
    b"<!doctype html><title>Welcome</title><p>Please accept the terms of this network.",
    (("content-type", "text/html; charset=utf-8"), ("connection", "close")),
    at_once=True,
)


@dataclass
class Exchange:
    """One request and its answer. ``length`` is what the request's body, or the range it asks for, has to be. ``up`` and ``down`` are the bytes of their bodies that really passed; ``whole`` once both did."""

    number: int
    method: str
    path: str
    length: int
    status: int = 0
    up: int = 0
    down: int = 0
    whole: bool = False
    struck: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    piece: bytes = b""
    answer: bytes = b""

    @property
    def is_bytes(self) -> bool:
        """Whether it goes to the byte path, not to the API."""
        return self.path.startswith("/blobs/")
