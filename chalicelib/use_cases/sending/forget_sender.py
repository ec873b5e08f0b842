"""Forget whom a removed member wrote to: the book, and the domains that were theirs alone. Done by a worker; again is no harm.

The book went with the account already (accounts/administer.py). Domains may be many, so they go here, in pieces: a crash leaves
some, and the event comes again. Nothing is added meanwhile (remember_recipients.py). What the tenant knows of its domains stays.
"""

from typing import Final

from chalicelib.domain.account import MemberState
from chalicelib.domain.errors import NotFound
from chalicelib.stores.account_store import get_member
from chalicelib.stores.address_book_store import book_erased
from chalicelib.stores.domain_store import own_domains_erased
from chalicelib.use_cases.context import Context

_MANY: Final = 90  # of one transaction, which takes 100 operations


def forget_sender(ctx: Context, tenant: str, member: str) -> None:
    """Erase what is left of a removed member's sending; anybody else is left as they are. Raises StoreAway."""
    try:
        account = get_member(ctx.records, tenant, member)
    except NotFound:
        return
    if account.state is not MemberState.REMOVED:
        return
    ctx.records.transact(book_erased(tenant, member))
    while some := own_domains_erased(ctx.records, tenant, member, limit=_MANY):
        ctx.records.transact(some)
