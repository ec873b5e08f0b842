"""For which tenant the current request acts: set from the verified principal, or by chalicelib.api.acting before there is one; read by bootstrap
when it hands out the ports.

Where tenants share an account, the ports of such a request reach that tenant's data alone. Without one (host lookup, rates of addresses, workers,
schedules) they have the rights of the function itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_acting: ContextVar[str | None] = ContextVar("acting_tenant", default=None)


def acting_tenant() -> str | None:
    """The tenant that this request acts for, or None."""
    return _acting.get()


@contextmanager
def acting_for(tenant: str | None) -> Iterator[None]:
    """Everything inside acts for ``tenant``; what was set inside ends with it."""
    token = _acting.set(tenant)
    try:
        yield
    finally:
        _acting.reset(token)


def act_for(tenant: str) -> None:
    """The rest of this request acts for ``tenant``: where no authorizer stood before it. Call it inside ``acting_for``."""
    _acting.set(tenant)
