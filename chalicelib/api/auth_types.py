"""Bodies of sign-in, tokens and links on the wire (spec/api.md, auth)."""

from typing import Annotated, Any, Literal

import msgspec

from chalicelib.api.wire import AnswerBody, RequestBody

Token = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=1_024)]
Address = Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
DeviceName = Annotated[str, msgspec.Meta(max_length=100)]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
GrantType = Literal["refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "client_credentials"]


class Login(RequestBody):
    """``totp`` is a code of the authenticator app or a recovery code."""

    email: Address
    password: Password
    totp: Code | None = None
    client: Literal["page", "cli"] = "page"
    device_name: DeviceName = ""


class TokenRequest(RequestBody):
    """Which members are needed depends on ``grant_type``; the page sends no refresh_token, its cookie does.

    ``link``: the token of a link whose guest's cookie is meant; without it the member's.
    """

    grant_type: GrantType
    refresh_token: Token | None = None
    link: Token | None = None
    device_code: Token | None = None
    client_id: Token | None = None
    client_secret: Token | None = None
    client_assertion: Annotated[str, msgspec.Meta(min_length=1, max_length=8_192)] | None = None
    client_assertion_type: Literal["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"] | None = None
    scope: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class MemberSummary(AnswerBody):
    """Who signed in."""

    id: str
    email: str
    name: str
    roles: list[str]


class TenantSummary(AnswerBody):
    """Whose account it is."""

    id: str
    name: str


class TokenAnswer(AnswerBody):
    """``expires_in`` in seconds. ``refresh_token`` is absent for the page (it has its cookie) and for service accounts.

    ``subject`` and ``recipient``: what a guest's session is good for, and as whom.
    """

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str | None = None
    member: MemberSummary | None = None
    tenant: TenantSummary | None = None
    subject: str | None = None
    recipient: str | None = None


class LinkToken(RequestBody):
    """The token out of a link's fragment, without the key."""

    token: Token


class AskChallenge(RequestBody):
    """``address`` only for links that are not bound to one."""

    token: Token
    address: Address | None = None


class AskToAdd(RequestBody):
    """Who wants to be added."""

    token: Token
    address: Address


class VerifyLinkBody(RequestBody):
    """The proof that the link asks for. ``page`` gets its refresh token as a cookie, for this link alone."""

    token: Token
    client: Literal["page", "cli"] = "cli"
    challenge: Token | None = None
    code: Code | None = None
    passphrase_auth: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None


class LinkSender(AnswerBody):
    """Who sends, as the first screen shows it."""

    name: str
    company: str


class LinkPartner(AnswerBody):
    """Where the guest may sign in instead of taking a code; ``required``: has to."""

    name: str
    required: bool


class LinkLook(AnswerBody):
    """What the first screen shows. ``files`` and ``bytes`` of a file request are those taken so far, ``max_*`` its limits."""

    kind: Literal["transfer", "request"]
    sender: LinkSender
    klass: str = msgspec.field(name="class")
    files: int
    bytes: int
    expires_at: str
    proof: Literal["link", "code", "passphrase"]
    state: str
    language: str
    title: str | None = None
    message: str | None = None
    address_hint: str | None = None
    domains: list[str] | None = None
    slots: list[dict[str, Any]] | None = None
    scan: str | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    sso: LinkPartner | None = None


class ChallengeAnswer(AnswerBody):
    """``challenge`` is known to nobody but the browser that asked; it goes back with the code."""

    challenge: str
    address_hint: str
    expires_at: str


class GuestTokens(AnswerBody):
    """A guest's session: good for ``subject`` as ``recipient`` and for nothing else. ``refresh_token`` is absent for the page."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    subject: str
    recipient: str
    refresh_token: str | None = None


class BeginDevice(RequestBody):
    """``device_name`` is shown to the person who approves."""

    device_name: DeviceName = ""


class DeviceAnswer(AnswerBody):
    """RFC 8628 3.2."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class ApproveDevice(RequestBody):
    """The short code that the terminal shows."""

    user_code: Code
    approve: bool
