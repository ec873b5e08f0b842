"""A guest signs in at the own company instead of waiting for a code.

    page --POST links/sso--> us: state for this link and this browser (cookie) --> the partner's address
    browser ----------------------------> partner: signs in
    partner --GET links/sso/callback (code, state)--> us: state once, same browser; code -> who it is; the link's own address? -> guest session

Neither nonce nor PKCE verifier is stored: both are keyed hashes of the state, which only the browser carries.
"""

import hmac
from dataclasses import dataclass

from chalicelib.domain.errors import Conflict, NotFound, Refused
from chalicelib.domain.link import Link, split_token
from chalicelib.domain.partner import ATTEMPT_MS, Attempt, Partner, require_person
from chalicelib.ports.identity import IdentityClient, SignInRequest
from chalicelib.stores.link_store import get_link_by_hash, token_hash
from chalicelib.stores.partner_store import get_attempt, get_partner, put_attempt, spent_attempt
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.accounts.partners import PURPOSE
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.guests.guest_session import Proved, Verified, begin_guest
from chalicelib.use_cases.guests.link_subject import Subject, open_link, subject_of
from chalicelib.use_cases.guests.partner_of_link import partner_for
from fumibako_format import base64url

SECRET_BYTES = 20
CALLBACK = "/auth/v1/links/sso/callback"


@dataclass(frozen=True)
class Begun:
    """``url`` is where the browser goes; ``browser`` is the value of its cookie."""

    url: str
    browser: str


def begin_partner_sign_in(ctx: Context, token: str) -> Begun:
    """Raises NotFound, Refused("gone"), "proof_other" where no partner speaks for the link's address; StoreAway."""
    link, _ = open_link(ctx, token)
    partner = partner_for(ctx, link)
    if partner is None:
        raise Refused("proof_other", "No partner's sign-in leads into this link.")
    state = f"{link.tenant}.{base64url.encode(ctx.ids.random(SECRET_BYTES))}"
    browser = base64url.encode(ctx.ids.random(SECRET_BYTES))
    attempt = Attempt(partner.id, token_hash(token), token_hash(browser), ctx.clock.now_ms() + ATTEMPT_MS)
    request = SignInRequest(state, _derived(ctx, state, "nonce"), _derived(ctx, state, "verifier"), link.address or "")
    url = ctx.identity.authorization_url(_client(ctx, partner), request)
    ctx.records.transact([put_attempt(link.tenant, token_hash(state), attempt)])
    return Begun(url, browser)


def end_partner_sign_in(
    ctx: Context, *, state: str, code: str, browser: str, network: str, issuer: str | None = None
) -> Verified:
    """``issuer`` is what the answer says of who gave it (RFC 9207). Raises Refused("sso_over") for a state that is spent, old, or another browser's; "identity_refused", "gone"; StoreAway."""
    tenant, attempt = _attempt(ctx, state, browser)
    # Once, whatever comes of it: a code that failed is not tried again.
    try:
        ctx.records.transact([spent_attempt(tenant, token_hash(state), attempt)])
    except Conflict:
        raise sso_over() from None
    link, subject = _link(ctx, tenant, attempt)
    try:
        partner = get_partner(ctx.records, tenant, attempt.partner)
    except NotFound:
        raise sso_over() from None
    identity = ctx.identity.identify(
        _client(ctx, partner),
        code=code,
        nonce=_derived(ctx, state, "nonce"),
        code_verifier=_derived(ctx, state, "verifier"),
        now=ctx.clock.now_ms(),
        answered_by=issuer,
    )
    require_person(partner, link.address or "", email=identity.email, verified=identity.email_verified)
    proved = Proved(link.recipient or ctx.ids.new("rc"), link.address, "sso")
    return begin_guest(ctx, link, attempt.link_hash, subject, proved, network=network)


def _attempt(ctx: Context, state: str, browser: str) -> tuple[str, Attempt]:
    try:
        tenant, _ = split_token(state)
    except NotFound:
        raise sso_over() from None
    attempt = get_attempt(ctx.records, tenant, token_hash(state))
    if attempt is None or ctx.clock.now_ms() >= attempt.expires_at:
        raise sso_over()
    if not hmac.compare_digest(token_hash(browser), attempt.browser_hash):
        raise sso_over()
    return tenant, attempt


def _link(ctx: Context, tenant: str, attempt: Attempt) -> tuple[Link, Subject]:
    try:
        return subject_of(ctx, get_link_by_hash(ctx.records, tenant, attempt.link_hash))
    except NotFound:
        raise Refused("gone", "This link leads nowhere any more.") from None


def sso_over() -> Refused:
    """One refusal for a sign-in that is spent, old, or another browser's."""
    return Refused("sso_over", "This sign-in is over, or was begun in another browser.")


def _derived(ctx: Context, state: str, what: str) -> str:
    return base64url.encode(ctx.keys.mac(state.encode(), purpose=f"sso-{what}"))


def _client(ctx: Context, partner: Partner) -> IdentityClient:
    sealed = base64url.decode(partner.sealed_secret)
    secret = ctx.keys.open(sealed, tenant=partner.tenant, purpose=PURPOSE, context=partner.id).decode()
    base_url = get_tenant(ctx.records, partner.tenant).base_url
    return IdentityClient(partner.issuer, partner.client_id, secret, base_url + CALLBACK)
