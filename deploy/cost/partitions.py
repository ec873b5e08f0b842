"""Where records lie, and how much of one partition a transfer takes: the hot-partition analysis.

DynamoDB gives a partition 1,000 write and 3,000 read units a second
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html); it splits a busy one between items, never within one, and not usefully
where keys only ever rise. ``writes`` and ``reads`` are units of one story of `make cloud`, taken with the keys of every request in the journal on 2026-11-22.
"""

from dataclasses import dataclass
from typing import Final, Literal

WRITES_A_SECOND: Final = 1_000
READS_A_SECOND: Final = 3_000
Scope = Literal["install", "tenant"]


@dataclass(frozen=True)
class Family:
    """Partitions of one kind. ``spread``: over how many of them the load of an install, or of one tenant, is spread evenly."""

    key: str
    scope: Scope
    spread: int
    writes: int
    reads: int
    says: str

    @property
    def met_at(self) -> float:
        """Transfers a second, of the install or of one tenant, at which a partition is full."""
        return self.spread * min(
            WRITES_A_SECOND / self.writes if self.writes else float("inf"),
            READS_A_SECOND / self.reads if self.reads else float("inf"),
        )


FAMILIES: Final = (
    Family("outbox#SHARD", "install", 16, 53, 0, "16 shards by the event's checksum; written, sent, deleted"),
    Family(
        "due#MINUTE#SHARD",
        "install",
        4,
        16,
        1,
        "transfers of one minute with one lifetime end in one minute: four shards take them all",
    ),
    Family("due#certify#SHARD", "install", 4, 4, 1, "four shards; signed in batches"),
    Family(
        "due#audit#SHARD",
        "install",
        8,
        32,
        12,
        "an item a tenant, marked by every run of its events; eight shards by the tenant",
    ),
    Family(
        "due#audit-roots#SHARD",
        "install",
        8,
        6,
        0,
        "marked by every audit block, once a minute and tenant at load; eight shards",
    ),
    Family(
        "lease#rate#XX", "install", 256, 6, 3, "256 partitions by the address's keyed hash; one write for 20 requests"
    ),
    Family("TENANT#tr#ID", "tenant", 1_000, 102, 78, "a partition for each transfer: no load of others meets it"),
    Family(
        "TENANT#events",
        "tenant",
        1,
        54,
        13,
        "rows by rising number, written twice: the log, then its end when its block is formed",
    ),
    Family(
        "TENANT#events#head",
        "tenant",
        1,
        26,
        36,
        "one item: the counter of the log; one write for each run of up to 30 events",
    ),
    Family(
        "TENANT#rate",
        "tenant",
        1,
        36,
        18,
        "an item for the tenant, one a person; a busy process borrows 20 requests or more at a time",
    ),
    Family(
        "TENANT#quota",
        "tenant",
        1,
        10,
        33,
        "eight shards of bytes and of the day, items of one partition; all are read at create",
    ),
    Family("TENANT#audit", "tenant", 1, 6, 23, "the head of the chain; written once a block"),
    Family("TENANT#all#STATE", "tenant", 1, 8, 0, "lists by state, by time of creation"),
    Family("TENANT#mails", "tenant", 1, 8, 1, "the list of deliveries, by time"),
    Family("TENANT#tenant", "tenant", 1, 0, 34, "settings, read at nearly every request"),
)

# What runs one after another, on purpose: (what, transfers a second that it carries, how that is counted, what to do).
SERIAL: Final = (
    (
        "audit log of one tenant",
        25,
        "a guarded counter: one run of ten events at a time, 30 ms each, 13 events a transfer",
        "nothing in a request waits for it: events wait in their queue. A larger batch of the queue carries more: 90 events fit one block",
    ),
    (
        "audit blocks of one tenant",
        70,
        "one block of 90 entries after another under a lease, some 100 ms each",
        "as above; the chain has one end by its nature",
    ),
    (
        "sweeper",
        20,
        "one run at a time, four shards in threads, some 0.2 s for each transfer with its listings and transactions",
        "expiry is late at the peak and catches up behind it; above 400,000 a day raise SHARDS of the due store and give each shard a lease of its own",
    ),
    (
        "certificates",
        300,
        "one run a minute, four shards; a signature holds a batch",
        "nothing",
    ),
    (
        "relay of one shard of the stream",
        300,
        "ten batches of 100 rows at once, 30 ms each",
        "nothing: a busier table has more shards",
    ),
)
