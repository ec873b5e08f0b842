"""Usage: ``<tenant>#usage`` / ``<day>`` for the tenant, ``<tenant>#usage#members`` / ``<day>#<member>`` for each who acted that day."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from chalicelib.domain.usage import Usage
from chalicelib.ports.record_store import ABSENT, Key, Put, RecordStore


@dataclass(frozen=True)
class UsageLine:
    """One day of the tenant, or of one member."""

    day: str
    member: str | None
    usage: Usage


def usage_key(tenant: str, day: str, member: str | None) -> Key:
    """Where a line lies."""
    return Key(f"{tenant}#usage", day) if member is None else Key(f"{tenant}#usage#members", f"{day}#{member}")


def usage_puts(records: RecordStore, more: Mapping[Key, Usage]) -> list[Put]:
    """Add to up to 100 lines, each guarded by the version that is read here."""
    found = {record.key: record for record in records.get_many(list(more))}
    puts = []
    for key, usage in more.items():
        record = found.get(key)
        total = usage if record is None else Usage(**record.body).plus(usage)
        puts.append(Put(key, asdict(total), ABSENT if record is None else record.version))
    return puts


def tenant_days(records: RecordStore, tenant: str, days: Sequence[str]) -> list[UsageLine]:
    """The tenant's lines of up to 100 days, in order; days without anything are left out."""
    found = records.get_many([usage_key(tenant, day, None) for day in days])
    lines = [UsageLine(record.key.sk, None, Usage(**record.body)) for record in found]
    return sorted(lines, key=lambda line: line.day)


def members_of_day(
    records: RecordStore, tenant: str, day: str, *, limit: int, cursor: str | None
) -> tuple[list[UsageLine], str | None]:
    """One page of the members' lines of a day."""
    page = records.query(f"{tenant}#usage#members", prefix=f"{day}#", limit=limit, cursor=cursor)
    lines = [UsageLine(day, record.key.sk.partition("#")[2], Usage(**record.body)) for record in page.records]
    return lines, page.cursor
