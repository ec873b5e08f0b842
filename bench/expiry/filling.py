"""Many transfers that are due, written past the API in the very shape of one that the API made: only ids and the expiry differ."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from zlib import crc32

from bench.bulk_rows import Row, sql_rows
from bench.expiry.site import TENANT
from bench.expiry.template import Template
from chalicelib.adapters.system_ids import SystemIds
from chalicelib.bootstrap import LazyContext, database_url, wrapped_keys_url
from chalicelib.domain.quota import SHARDS
from chalicelib.stores.due_store import DueItem, due_key
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin
from chalicelib.use_cases.accounts.create_tenant import create_tenant

_ID = re.compile(r"\b(?:tr|fi|bl|rc|ln)_[0-9a-z]{26}\b")
_TOKEN = re.compile(r"\b[0-9a-f]{64}\b")
_ROW, _FIELD = "\x1e", "\x1f"
_AT_ONCE = 2_000


@dataclass(frozen=True)
class Owner:
    """A tenant and the member who sent its transfers."""

    tenant: str
    member: str


@dataclass
class Filler:
    """Copies of ``template`` for ``owners`` in turn, all due at ``due_at`` (ms)."""

    template: Template
    owners: Sequence[Owner]
    due_at: int
    made: list[tuple[str, str]] = field(default_factory=list)
    _ids: SystemIds = field(default_factory=SystemIds)

    def __post_init__(self) -> None:
        kept = [row for row in self.template.records if not row[0].startswith("due#")]
        self._records = _text(kept)
        self._keys = _text(self.template.keys)
        words = sorted(set(_ID.findall(self._records)) - {self.template.id})
        self._words = [(word, word[3:19]) for word in words]
        self._tokens = sorted(set(_TOKEN.findall(self._records)))

    def fill(self, stores: LazyContext, blobs: Path, count: int) -> None:
        """Write ``count`` transfers with their bytes and counters, and have them on the disk."""
        records, keys = sql_rows(database_url(stores.settings)), sql_rows(wrapped_keys_url(stores.settings))
        numbers = iter(range(count))
        while chunk := list(islice(numbers, _AT_ONCE)):
            rows: list[Row] = []
            wrapped: list[Row] = []
            for number in chunk:
                owner = self.owners[number % len(self.owners)]
                self._one(owner, blobs, rows, wrapped)
            records.write(rows)
            keys.write(wrapped)
        records.write(self._quotas())
        records.close()
        keys.close()
        os.sync()

    def _one(self, owner: Owner, blobs: Path, rows: list[Row], wrapped: list[Row]) -> None:
        transfer = self._ids.new("tr")
        changed = {self.template.id: transfer, self.template.owner: owner.member}
        changed |= {str(self.template.expires_at): str(self.due_at), f"{TENANT}#": f"{owner.tenant}#"}
        changed |= {f'"tenant":"{TENANT}"': f'"tenant":"{owner.tenant}"'}
        for word, start in self._words:
            new = self._ids.new(word[:2])
            changed |= {word: new, start: new[3:19]}
        changed |= {token: os.urandom(32).hex() for token in self._tokens}
        rows += _rows(self._records, changed)
        wrapped += _rows(self._keys, changed)
        pk, sk = due_key(DueItem(owner.tenant, transfer, "expire", self.due_at))
        rows.append((pk, sk, 1, None, f'{{"at":{self.due_at}}}'))
        _write_files(blobs / owner.tenant / transfer, self.template, changed)
        self.made.append((owner.tenant, transfer))

    def _quotas(self) -> list[Row]:
        held: dict[tuple[str, int], int] = {}
        head = next(row[4] for row in self.template.records if row[1] == "head")
        size = int(re.search(r'"stored_bytes":(\d+)', head)[1])  # type: ignore[index]  # every ready head has it
        for tenant, transfer in self.made:
            place = (tenant, crc32(transfer.encode()) % SHARDS)
            held[place] = held.get(place, 0) + size
        return [
            (f"{tenant}#quota", f"bytes#{shard:02d}", 1, None, f'{{"n":{n}}}') for (tenant, shard), n in held.items()
        ]


def make_owners(stores: LazyContext, count: int) -> list[Owner]:
    """So many tenants with a member each, by the use cases of the operator's own command."""
    owners = []
    for number in range(count):
        name = f"tenant-{number:03d}"
        url = f"https://{name}.example"
        tenant = create_tenant(
            stores,
            tenant_id=name,
            name=name,
            base_url=url,
            blob_base_url=url,
            sender_address=f"no-reply@{name}.example",
            language="en",
        )
        bootstrap_admin(stores, tenant, email=f"owner@{name}.example", name="Owner")
        (member,) = stores.records.query(f"{name}#members").records
        owners.append(Owner(name, member.key.sk))
    return owners


def _text(rows: Sequence[Row]) -> str:
    return _ROW.join(_FIELD.join("" if part is None else str(part) for part in row) for row in rows)


def _rows(text: str, changed: dict[str, str]) -> Iterator[Row]:
    for old, new in changed.items():
        text = text.replace(old, new)
    for row in text.split(_ROW):
        pk, sk, version, purge_after, body = row.split(_FIELD)
        yield pk, sk, int(version), int(purge_after) if purge_after else None, body


def _write_files(folder: Path, template: Template, changed: dict[str, str]) -> None:
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700)
    for name, content in template.files:
        path = folder.joinpath(*(changed.get(part, part) for part in name.split("/")))
        if content is None:
            path.mkdir(0o700)
        else:
            path.touch(0o600)
            path.write_bytes(content)
