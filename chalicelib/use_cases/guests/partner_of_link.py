"""Which partner may vouch for the person that a link was made for."""

from chalicelib.domain.link import Link
from chalicelib.domain.partner import Partner, domain_of
from chalicelib.stores.partner_store import find_partner
from chalicelib.use_cases.context import Context


def partner_for(ctx: Context, link: Link) -> Partner | None:
    """None where no code would be asked either, or where the link is bound to no address: nothing is read for these.

    For the others one read by key, and a second one where there is a partner: a tenth of the time of a look on SQLite, one GetItem of three on DynamoDB.
    """
    if link.proof != "code" or link.address is None:
        return None
    return find_partner(ctx.records, link.tenant, domain_of(link.address))
