"""For which tenant the current request acts: set from the verified principal, read by bootstrap when it hands out the ports.

Where tenants share an account, the ports of such a request reach that tenant's data alone. Without one (sign-in, links, workers, schedules) they
have the rights of the function itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_acting: ContextVar[str | None] = ContextVar("acting_tenant", default=None)


def acting_tenant() -> str | None:
    """The tenant of the principal of this request, or None."""
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
    """The rest of this request acts for ``tenant``: for a page that verifies its visitor itself. Call it inside ``acting_for``."""
    _acting.set(tenant)
