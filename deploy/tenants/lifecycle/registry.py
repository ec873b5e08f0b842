"""Where tenancies are written down, and who holds which account and host name.

Timeline of two operators at one tenancy, who both read version 3::

    A: does a step ------- save(expects 3) -> 4
    B:     looks, finds it done ------- save(expects 3): Refused("changed_meanwhile"); repeats, and reads 4

A claim is made once in the world: of two who want one account, one gets it, whatever Organizations shows either of them.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from deploy.errors import Refused
from deploy.tenants.lifecycle.tenancy import Tenancy, from_json, to_json


class Registry(Protocol):
    """Tenancies and claims. ``kind`` of a claim is ``account`` or ``host``."""

    def get(self, tenant: str) -> Tenancy | None: ...

    def every(self) -> list[Tenancy]: ...

    def save(self, tenancy: Tenancy) -> Tenancy:
        """Writes over the version that was read; gives it with the new one. Raises Refused("changed_meanwhile")."""
        ...

    def remove(self, tenancy: Tenancy) -> None:
        """As ``save``; removing what is gone is no error."""
        ...

    def claim(self, kind: str, name: str, tenant: str) -> bool:
        """Whether ``name`` is the tenant's now; False where it is another's."""
        ...

    def claimed(self, kind: str, tenant: str) -> list[str]:
        """What the tenant holds of this kind."""
        ...

    def release(self, kind: str, name: str, tenant: str) -> None:
        """Gives it back; what is another's or nobody's stays as it is."""
        ...


def changed_meanwhile(tenant: str) -> Refused:
    """Somebody else wrote."""
    return Refused(
        "changed_meanwhile",
        f"Somebody else works on the tenancy `{tenant}`.",
        "Look at its state and repeat the command.",
    )


class FileRegistry:
    """One JSON file under a lock: for one operator's machine, and for drills."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, tenant: str) -> Tenancy | None:
        with self._locked() as (tenancies, _):
            return _of(tenancies, tenant)

    def every(self) -> list[Tenancy]:
        with self._locked() as (tenancies, _):
            return [found for name in sorted(tenancies) if (found := _of(tenancies, name))]

    def save(self, tenancy: Tenancy) -> Tenancy:
        with self._locked() as (tenancies, _):
            held = tenancies.get(tenancy.tenant, {"version": 0})
            if held["version"] != tenancy.version:
                raise changed_meanwhile(tenancy.tenant)
            written = replace(tenancy, version=tenancy.version + 1)
            tenancies[tenancy.tenant] = {"version": written.version, "body": to_json(written)}
            return written

    def remove(self, tenancy: Tenancy) -> None:
        with self._locked() as (tenancies, _):
            held = tenancies.get(tenancy.tenant)
            if held is not None and held["version"] != tenancy.version:
                raise changed_meanwhile(tenancy.tenant)
            tenancies.pop(tenancy.tenant, None)

    def claim(self, kind: str, name: str, tenant: str) -> bool:
        with self._locked() as (_, claims):
            return bool(claims.setdefault(f"{kind}#{name}", tenant) == tenant)

    def claimed(self, kind: str, tenant: str) -> list[str]:
        with self._locked() as (_, claims):
            return sorted(
                name.partition("#")[2]
                for name, owner in claims.items()
                if owner == tenant and name.startswith(f"{kind}#")
            )

    def release(self, kind: str, name: str, tenant: str) -> None:
        with self._locked() as (_, claims):
            if claims.get(f"{kind}#{name}") == tenant:
                del claims[f"{kind}#{name}"]

    @contextmanager
    def _locked(self) -> Iterator[tuple[dict[str, dict[str, object]], dict[str, str]]]:
        """Tenancies and claims; what the block changes is written whole, by rename, when it ends well."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with Path(f"{self._path}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self._path.read_text("utf-8") if self._path.exists() else '{"tenancies": {}, "claims": {}}'
            document = json.loads(before)
            yield document["tenancies"], document["claims"]
            after = json.dumps(document, ensure_ascii=False, indent=1)
            if after != before:
                _write(self._path, after)


def _of(tenancies: dict[str, dict[str, object]], tenant: str) -> Tenancy | None:
    held = tenancies.get(tenant)
    return None if held is None else from_json(str(held["body"]), int(str(held["version"])))


def _write(path: Path, text: str) -> None:
    fresh = Path(f"{path}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
