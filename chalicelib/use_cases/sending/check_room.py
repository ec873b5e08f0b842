"""Whether the store has room for what is announced, before anything is written."""

from chalicelib.domain.errors import StoreFull
from chalicelib.use_cases.context import Context


def check_room(ctx: Context, size: int) -> None:
    """Raises StoreFull where fewer than ``size`` bytes are free. It is a courtesy: the store itself refuses a part it can't keep."""
    free = ctx.blobs.free_bytes()
    if free is not None and size > free:
        raise StoreFull("The store has no room for files of this size.")
