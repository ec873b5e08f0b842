"""The page's cookies: out of reach of scripts, sent to /auth alone, never by another site (RFC 6265bis).

A member has one; a guest one for each link, so that two links open in one browser do not end each other. The name of a guest's is made of the
link's hash: nobody who sees a browser's cookies learns a link from it.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.api.cookie_text import cookie_text, cookie_value
from chalicelib.api.describe import Call
from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import Tenant
from chalicelib.stores.link_store import token_hash
from chalicelib.stores.tenant_store import get_tenant, tenant_of_host
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.accounts.open_session import Tokens

COOKIE = "fumibako_refresh"
_PATH = "/auth"


def guest_cookie_name(link_hash: str) -> str:
    """The cookie of a guest of the link with this hash."""
    return f"fumibako_guest_{link_hash[:16]}"


def page_cookie_of(ctx: Context, call: Call[Any]) -> str:
    """A member's refresh token. Raises Refused("token_invalid") without one, Refused("origin_not_allowed") to another site's page."""
    return _cookie(ctx, call, COOKIE)


def guest_cookie_of(ctx: Context, call: Call[Any], link: str) -> str:
    """The refresh token of a link's guest; raises as ``page_cookie_of``."""
    return _cookie(ctx, call, guest_cookie_name(token_hash(link)))


def page_cookie_header(tokens: "Tokens", tenant: Tenant) -> dict[str, str]:
    """The header that keeps a member's refresh token."""
    return _kept(COOKIE, tokens, tenant)


def guest_cookie_header(tokens: "Tokens", tenant: Tenant, link: str) -> dict[str, str]:
    """The header that keeps the refresh token of a link's guest."""
    return guest_cookie_by_hash(tokens, tenant, token_hash(link))


def guest_cookie_by_hash(tokens: "Tokens", tenant: Tenant, link_hash: str) -> dict[str, str]:
    """The same, where the link's hash alone is known."""
    return _kept(guest_cookie_name(link_hash), tokens, tenant)


def sign_in_cookie(name: str, value: str, tenant: Tenant) -> dict[str, str]:
    """A cookie that a partner's service sends the browser back with: Lax, for that comes from another site."""
    text = cookie_text(tenant, name, value, path="/auth/v1/links/sso", seconds=600, same_site="Lax")
    return {"Set-Cookie": text}


def cleared_page_cookie(tenant: Tenant) -> dict[str, str]:
    """What takes a member's cookie away."""
    return {"Set-Cookie": cookie_text(tenant, COOKIE, "", path=_PATH, seconds=0)}


def _kept(name: str, tokens: "Tokens", tenant: Tenant) -> dict[str, str]:
    seconds = max(0, (tokens.session.idle_until - tokens.session.last_used_at) // 1000)
    return {"Set-Cookie": cookie_text(tenant, name, tokens.refresh_token or "", path=_PATH, seconds=seconds)}


def _cookie(ctx: Context, call: Call[Any], name: str) -> str:
    """A request that another site's page sent is refused, whatever the browser thinks of SameSite."""
    value = cookie_value(call.headers, name)
    if value is None:
        raise Refused("token_invalid", "There is no session to renew.")
    origin = call.headers.get("origin")
    base_url = get_tenant(ctx.records, tenant_of_host(ctx.records, call.host)).base_url
    if origin is not None and origin.lower() != base_url:
        raise Refused("origin_not_allowed", "Another site's page asked for this.")
    return value
