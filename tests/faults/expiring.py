"""Bringing a transfer's expiry forward, as if it had been sent days ago: the server takes none less than five minutes ahead."""

import contextlib
from dataclasses import replace

from chalicelib.bootstrap import LazyContext
from chalicelib.config import load_settings
from chalicelib.domain.errors import StoreAway
from chalicelib.stores.due_store import DueItem, due_put
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.guarded import until_written
from tests.e2e.support.install import Install
from tests.e2e.support.waiting import wait_for


def stores_of(install: Install) -> LazyContext:
    """The install's own stores, opened by the test."""
    names = {name: value for name, value in install.environment().items() if name.startswith("FUMIBAKO_")}
    return LazyContext(load_settings(names))


def expire_soon(stores: LazyContext, transfer: str, *, in_ms: int) -> None:
    """Head and due item get the new moment in one transaction, as ``change_transfer`` writes them. A database that is away is waited for."""

    def act() -> bool:
        head = get_transfer(stores.records, "acme", transfer)
        moment = stores.clock.now_ms() + in_ms
        due = due_put(DueItem("acme", transfer, "expire", moment))
        stores.records.transact([transfer_put(replace(head, expires_at=moment)), due])
        return True

    def attempt() -> bool:
        with contextlib.suppress(StoreAway):
            return until_written(act)
        return False

    wait_for(attempt, "the expiry is brought forward")
