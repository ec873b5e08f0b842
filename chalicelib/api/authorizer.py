"""The Chalice authorizer of every service: a bearer value in, a policy and the principal's context out.

API Gateway caches its answer for ``ttl_seconds=30`` by token, so access ends within that time and one call after revocation; outside
AWS nothing is cached. The policy allows every route: roles, scopes and networks are judged in the app, where a refusal has our shape.
"""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

import ipaddress
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

from chalice.app import AuthRequest, AuthResponse, ChaliceAuthorizer

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.service import principal_context
from chalicelib.domain.errors import Refused
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.accounts.authorize import Authorized


TTL_SECONDS: Final = 30
_MADE: "WeakKeyDictionary[FumibakoApp, ChaliceAuthorizer]" = WeakKeyDictionary()


class Unauthorized(Exception):
    """API Gateway answers 401 only to an authorizer that fails with exactly this text; a Deny policy would be a 403."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def make_authorizer(app: FumibakoApp, context: Callable[[], Context]) -> ChaliceAuthorizer:
    """Register the authorizer ``signed_in`` with ``app``; ``describe.route`` finds it there."""

    @app.authorizer(ttl_seconds=TTL_SECONDS)
    def signed_in(request: AuthRequest) -> AuthResponse:
        from chalicelib.use_cases.accounts.authorize import authorize

        try:
            authorized = authorize(context(), bearer_of(request.token))
        except Refused as refused:
            if refused.code == "store_away":
                raise
            # From None: neither the token nor the reason may reach a log.
            raise Unauthorized from None
        return AuthResponse(["*"], authorized.principal.id, authorized_context(authorized))

    made: ChaliceAuthorizer = signed_in
    _MADE[app] = made
    return made


def authorizer_of(app: FumibakoApp) -> ChaliceAuthorizer:
    """The authorizer that ``make_authorizer`` registered. Raises RuntimeError before it."""
    if app not in _MADE:
        raise RuntimeError("Call make_authorizer(app, context) before adding routes that need a sign-in.")
    return _MADE[app]


def bearer_of(header: str | None) -> str:
    """The value of ``Authorization: Bearer <value>`` (RFC 6750 2.1). Raises Refused("token_invalid")."""
    scheme, _, value = (header or "").partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value or len(value) > 8_192 or not value.isascii():
        raise Refused("token_invalid", "Send a bearer token.")
    return value


def authorized_context(authorized: "Authorized") -> dict[str, str]:
    """The principal as flat text values, and the networks its token is bound to."""
    return {**principal_context(authorized.principal), "networks": " ".join(authorized.networks)}


def check_network(context: Mapping[str, Any], source_ip: str) -> None:
    """Judged in the app, because a TOKEN authorizer is not told the caller's address. Raises Refused("network_not_allowed")."""
    networks = str(context.get("networks") or "").split()
    if not networks:
        return
    try:
        address = ipaddress.ip_address(source_ip)
    except ValueError:
        address = None
    if address is None or not any(address in ipaddress.ip_network(network) for network in networks):
        raise Refused("network_not_allowed", "This token does not work from your network.")
