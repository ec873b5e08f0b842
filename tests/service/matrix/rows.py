"""What a row of the tenant matrix says, and the ids and tokens that it is asked with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.service.support.cast import Cast

# Nobody: these get 401 everywhere, whatever they ask for.
NOBODY = ("none", "malformed", "guessed", "garbled", "expired", "revoked")
# Somebody, though seldom the right one.
SOMEBODY = ("owner", "admin", "colleague", "narrow", "robot", "rival", "rival_guest", "soto", "naka", "yoso", "filler")
TOKENS = NOBODY + SOMEBODY
GUESTS = frozenset(("rival_guest", "soto", "naka", "yoso", "filler"))
NEVER = "7zzzzzzzzzzzzzzzzzzzzzzzzz"
GUESS = "01kdv0000000000000000000zz"

Asked = tuple[str, Any]
Build = Callable[[Cast, str], Asked]
Kinds = Callable[[Cast], Mapping[str, str]]


@dataclass(frozen=True)
class Probe:
    """One id of a route. ``ids`` gives what to try by kind, ``never`` an id that never existed; ``build`` makes path and body of an id.

    ``reach`` names by token the kinds that are truly its own to reach; everything else must answer as ``never`` does.
    """

    ids: Kinds
    never: str
    build: Build
    reach: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Row:
    """One route. ``refused`` names, by token, status and code of those whom the route itself is closed to (routes without ids)."""

    method: str
    path: str
    probes: tuple[Probe, ...] = ()
    body: Any = None
    open: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    refused: Mapping[str, tuple[int, str]] | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def reach(**by_token: str) -> dict[str, frozenset[str]]:
    """``owner="ready other"`` and so on."""
    return {token: frozenset(kinds.split()) for token, kinds in by_token.items()}


def malformed(prefix: str, real: str) -> dict[str, str]:
    """Ids of no form, made of a real one where that is nastier."""
    return {
        "guessed": f"{prefix}_{GUESS}",
        "short": f"{prefix}_x",
        "bare": real.partition("_")[2],
        "upper": real.upper(),
        "longer": real + "0",
        "cut": real[:-1],
        "other prefix": "zz_" + real.partition("_")[2],
        "dots": "%2e%2e",
        "dots inside": "%2e%2e%2f" + real,
        "nul": real + "%00",
        "space": real + "%20",
        "star": "*",
        "hash in it": real + "%23x",
        "wide": "%EF%BD%94%EF%BD%92_" + real.partition("_")[2],
        "long": "a" * 3_000,
        "tenant before": "acme%23" + real,
    }
