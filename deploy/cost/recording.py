"""A recorded story: what `make cloud` wrote down (build/cloud/operations.json), and the one that lies beside this file for those who have made no run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from deploy.errors import Refused

SAMPLE: Final = Path(__file__).resolve().parent / "operations.json"
_NEXT: Final = "Run `make cloud`, which writes build/cloud/operations.json, or leave --operations out."
# The caller of signed addresses: the clients of people, whose requests grow with the file.
PEOPLE: Final = "people"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the story was: so many transfers, files, bytes and whole downloads."""

    transfers: int
    files: int
    bytes: int
    downloads: int


class Invoked(msgspec.Struct, frozen=True, kw_only=True):
    """Invocations of one function, and the records in their events by source."""

    count: int
    records: int
    memory_mb: int
    sources: dict[str, int]


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to the APIs."""

    requests: int


class UnitsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Request units of DynamoDB."""

    read: int
    write: int


class Idle(msgspec.Struct, frozen=True, kw_only=True):
    """What schedules looked for in vain during the story."""

    read_units: int
    invocations: dict[str, Invoked]


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """As deploy.box.journal.operations writes it; what is not needed here is passed by."""

    story: Told
    operations: dict[str, int]
    bytes: dict[str, dict[str, int]]
    items: dict[str, int]
    units: UnitsAsked
    callers: dict[str, dict[str, int]]
    api_requests: Requests
    invocations: dict[str, Invoked]
    idle: Idle

    def of_people(self, operation: str) -> int:
        """How often people's own clients asked for it, by signed addresses."""
        return self.callers.get(PEOPLE, {}).get(operation, 0)


def load_recording(path: Path = SAMPLE) -> Recording:
    """The recording. Raises Refused: recording_missing, recording_wrong."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Recording, strict=True)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise Refused("recording_missing", f"There is no recording {path}.", _NEXT) from error
    except msgspec.DecodeError as error:
        raise Refused("recording_wrong", f"{path.name}: {error}.", _NEXT) from error
    told = found.story
    if min(told.transfers, told.files, told.bytes, told.downloads) < 1:
        raise Refused(
            "recording_wrong", f"{path.name} tells no whole story: something was sent and fetched 0 times.", _NEXT
        )
    return found


def sums_agree(found: Recording) -> bool:
    """Whether the operations of all callers add up to those in all."""
    added: dict[str, int] = {}
    for by_name in found.callers.values():
        for name, count in by_name.items():
            added[name] = added.get(name, 0) + count
    return added == dict(_counted(found.operations))


def _counted(operations: Mapping[str, int]) -> Mapping[str, int]:
    return {name: count for name, count in operations.items() if count}
