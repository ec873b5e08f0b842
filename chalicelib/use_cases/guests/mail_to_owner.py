"""What a guest's wish says to the member who sent the transfer or made the file request."""

from urllib.parse import quote

from chalicelib.domain.errors import NotFound
from chalicelib.domain.link import Link
from chalicelib.stores.account_store import get_member
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guests.link_subject import Subject


def mail_to_owner(
    ctx: Context, link: Link, subject: Subject, *, who: str, fragment: str = ""
) -> dict[str, object] | None:
    """The mail's content; None for a service account, which reads no mail: the event is enough for it."""
    try:
        owner = get_member(ctx.records, link.tenant, subject.owner)
    except NotFound:
        return None
    tenant = get_tenant(ctx.records, link.tenant)
    folder = "requests" if link.kind == "request" else "transfers"
    behind = f"#{quote(fragment, safe='=@')}" if fragment else ""
    return {
        "to": owner.email,
        "name": owner.name,
        "language": owner.language,
        "who": who,
        "title": subject.title,
        "url": f"{tenant.base_url}/{folder}/{link.subject}{behind}",
    }
