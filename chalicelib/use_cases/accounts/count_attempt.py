"""Counting a try before it is judged, and taking it back when it was right."""

from chalicelib.domain.attempts import Attempts, begun
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.stores.attempts_store import clear_attempts, get_attempts, put_attempts
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guarded import until_written

_TRIES = 10


def count_attempt(ctx: Context, tenant: str, name: str, *, free: int) -> None:
    """Raises Refused("too_many_attempts") while the wait lasts; nothing may be compared before this returned.

    two guesses at once:  A: read 4 - put 5 ------------------- compare
                          B: read 4 ------- Conflict - read 5 - refused: wait
    """
    for _ in range(_TRIES):
        attempts = begun(get_attempts(ctx.records, tenant, name), free=free, now=ctx.clock.now_ms())
        try:
            ctx.records.transact([put_attempts(tenant, name, attempts)])
        except Conflict:
            continue
        return
    raise Refused("too_many_attempts", "Too many tries at once.", retry_after=5)


def forget_attempts(ctx: Context, tenant: str, name: str) -> None:
    """After a success: the account's failures are forgotten."""
    ctx.records.transact([clear_attempts(tenant, name)])


def take_back_attempt(ctx: Context, tenant: str, name: str) -> None:
    """After a success from a shared network: only this one try is taken back, the failures of others there stay."""

    def attempt() -> None:
        attempts = get_attempts(ctx.records, tenant, name)
        if attempts.failures > 0:
            after = Attempts(attempts.failures - 1, attempts.last_at, attempts.version)
            ctx.records.transact([put_attempts(tenant, name, after)])

    try:
        until_written(attempt)
    except Conflict:
        return  # one failure too many, in a crowd: it is forgotten within a day


def account_attempts(ctx: Context, address: str) -> str:
    """The counter of an account, the same whether or not the account exists."""
    return "account#" + ctx.keys.mac(address.lower().encode(), purpose="attempts").hex()


def network_attempts(ctx: Context, network: str) -> str:
    """The counter of a network (see ``domain.networks``)."""
    return "network#" + ctx.keys.mac(network.encode(), purpose="attempts").hex()
