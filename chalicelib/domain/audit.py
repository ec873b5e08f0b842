"""Rules of the audit chain that need no key and no store: what an entry is called, what fits a block, what a search takes.

Entries and blocks have the form of spec/proofs.md section 5. ``action`` is an event's type without its version
(``transfer.created``); ``data`` repeats the event's ids, numbers and enumerations without ``actor``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MAX_ENTRIES: Final = 90
MAX_ENTRY_BYTES: Final = 8_192
BLOCK_ROOM: Final = 290_000  # a block has 300,000 bytes; its own members and the commas take far less than the rest
ROOTED: Final = "audit.rooted"
MISSING: Final = "audit.entry_missing"
SYSTEM: Final = "system"


@dataclass(frozen=True)
class Wanted:
    """What a search is narrowed by. ``since`` and ``until`` are RFC 3339 texts of one width; ``until`` is not included."""

    since: str | None = None
    until: str | None = None
    subject: str | None = None
    actor: str | None = None
    action: str | None = None

    def takes(self, entry: Mapping[str, Any]) -> bool:
        """Whether an entry is looked for."""
        at = entry["at"]
        if (self.since is not None and at < self.since) or (self.until is not None and at >= self.until):
            return False
        pairs = ((self.subject, "subject"), (self.actor, "actor"), (self.action, "action"))
        return all(asked is None or entry[name] == asked for asked, name in pairs)

    def ends_at(self, written_at: str) -> bool:
        """Whether a block written then, and all before it, are too old: nothing in a block is younger than the block."""
        return self.since is not None and written_at < self.since


def action_of(event_type: str) -> str:
    """``transfer.created.v1`` -> ``transfer.created``; another version of an event tells of the same act."""
    name, dot, version = event_type.rpartition(".v")
    return name if dot and version.isdecimal() else event_type


def actor_of(data: Mapping[str, Any]) -> str:
    """Who acted, ``system`` where the event does not say."""
    actor = data.get("actor")
    return actor if isinstance(actor, str) and actor else SYSTEM


def data_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """The rest of an event's data."""
    return {name: value for name, value in data.items() if name != "actor"}


def missing_entry(number: int, at: str) -> dict[str, Any]:
    """What stands in the chain for a logged event that is gone: the loss itself becomes evidence, and the chain goes on."""
    return {
        "id": f"missing-{number}",
        "at": at,
        "actor": SYSTEM,
        "action": MISSING,
        "subject": str(number),
        "data": {},
        "commitments": {},
    }


def fitting(sizes: Sequence[int]) -> int:
    """How many of the first entries, with these sizes in bytes, go into one block; at least one, at most 90."""
    room = BLOCK_ROOM
    for number, size in enumerate(sizes[:MAX_ENTRIES]):
        room -= size + 1
        if room < 0:
            return max(number, 1)
    return min(len(sizes), MAX_ENTRIES)


def needs_root(actions: Iterable[str]) -> bool:
    """Whether a block is worth a signature: one that tells of a root alone would bring the next root, for ever."""
    return any(action != ROOTED for action in actions)
