"""Bodies about accounts, sessions, tokens and the tenant's settings on the wire (spec/api.md, auth)."""

from typing import Annotated, Literal

import msgspec

from chalicelib.api.auth_types import Address, Code, Name, Password, Token
from chalicelib.api.wire import AnswerBody, RequestBody

Language = Literal["ja", "en"]
Role = Literal["member", "approver", "auditor", "admin"]
Scope = Literal["transfers:read", "transfers:write", "requests:write", "audit:read", "admin"]
Networks = Annotated[list[Annotated[str, msgspec.Meta(max_length=50)]], msgspec.Meta(max_length=20)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3_650)]


class CallerTenant(AnswerBody):
    """The tenant as everybody in it may know it. ``max_expiry_days``: how far ahead an expiry may lie, counted from now."""

    id: str
    name: str
    base_url: str
    language: str
    max_expiry_days: int


class CallerLink(AnswerBody):
    """What a guest's session is good for."""

    id: str
    subject: str


class Caller(AnswerBody):
    """Who asks: a member, a service account, or a guest with its link."""

    kind: Literal["member", "guest", "service"]
    id: str
    roles: list[str]
    scopes: list[str]
    tenant: CallerTenant
    email: str | None = None
    name: str | None = None
    language: str | None = None
    link: CallerLink | None = None
    totp: bool | None = None


class ChangeMe(RequestBody):
    """What people change of their own account; what is left out stays."""

    name: Name | None = None
    language: Language | None = None


class SessionAnswer(AnswerBody):
    """One session of the caller."""

    id: str
    kind: str
    device_name: str
    created_at: str
    last_used_at: str
    expires_at: str
    current: bool


class SessionPage(AnswerBody):
    """A page of sessions."""

    items: list[SessionAnswer]
    next: str | None = None


class ChangePassword(RequestBody):
    """The password as it is and as it shall be."""

    current: Password
    new: Password


class TotpSecret(AnswerBody):
    """Shown once: for typing, and for the QR code."""

    secret: str
    uri: str


class TotpCode(RequestBody):
    """A first code of the authenticator app."""

    code: Code


class RecoveryCodes(AnswerBody):
    """Shown once; each is good for one sign-in without the app."""

    recovery_codes: list[str]


class PasswordOnly(RequestBody):
    """The password, once more."""

    password: Password


class CreateKey(RequestBody):
    """A personal access token; it ends within 366 days."""

    name: Name
    scopes: list[Scope]
    expires_at: str | None = None
    networks: Networks = msgspec.field(default_factory=list)


class KeyAnswer(AnswerBody):
    """``token`` stands only in the answer to its making."""

    id: str
    name: str
    scopes: list[str]
    networks: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None = None
    token: str | None = None


class KeyPage(AnswerBody):
    """A page of personal access tokens."""

    items: list[KeyAnswer]
    next: str | None = None


class CreateServiceAccount(RequestBody):
    """With ``public_jwk`` (P-256 or Ed25519) it signs assertions (RFC 7523); without one it gets a secret."""

    name: Name
    scopes: list[Scope]
    networks: Networks = msgspec.field(default_factory=list)
    public_jwk: dict[str, str] | None = None


class ServiceAccountAnswer(AnswerBody):
    """``client_secret`` stands only in the answer to its making."""

    id: str
    client_id: str
    name: str
    scopes: list[str]
    networks: list[str]
    created_at: str
    client_secret: str | None = None


class ServiceAccountPage(AnswerBody):
    """A page of service accounts."""

    items: list[ServiceAccountAnswer]
    next: str | None = None


class Invite(RequestBody):
    """Whom to invite, and as what."""

    email: Address
    name: Name
    roles: list[Role]
    language: Language | None = None


class MemberAnswer(AnswerBody):
    """One account. ``invitation_token`` stands only in the answer to an invitation."""

    id: str
    version: int
    email: str
    name: str
    roles: list[str]
    language: str
    state: str
    totp: bool
    created_at: str
    invitation_token: str | None = None


class MemberPage(AnswerBody):
    """A page of accounts."""

    items: list[MemberAnswer]
    next: str | None = None


class ChangeMemberBody(RequestBody):
    """What changes; members left out stay."""

    name: Name | None = None
    roles: list[Role] | None = None
    language: Language | None = None


class AcceptInvitation(RequestBody):
    """The token of the invitation's mail, and the password that its owner chose."""

    token: Token
    password: Password


class TenantAnswer(AnswerBody):
    """The settings; those after ``abandon_days`` are the operator's."""

    id: str
    version: int
    name: str
    language: str
    default_expiry_days: int
    max_expiry_days: int
    hold_minutes: int
    proof: str
    allow_plain: bool
    unscannable: str
    sealed: str
    compatible_downloads: str
    abandon_days: int
    base_url: str
    blob_base_url: str
    sender_address: str
    backup_days: int
    quota_bytes: int
    quota_transfers_per_day: int
    requests_per_minute: int


class ChangeTenant(RequestBody):
    """What changes; members left out stay."""

    name: Name | None = None
    language: Language | None = None
    default_expiry_days: Days | None = None
    max_expiry_days: Days | None = None
    hold_minutes: Annotated[int, msgspec.Meta(ge=0, le=60)] | None = None
    proof: Literal["link", "code", "passphrase"] | None = None
    allow_plain: bool | None = None
    unscannable: Literal["allow", "approve", "block"] | None = None
    sealed: Literal["allow", "approve", "block"] | None = None
    compatible_downloads: Literal["allow", "block"] | None = None
    abandon_days: Annotated[int, msgspec.Meta(ge=1, le=30)] | None = None


class JwkSet(AnswerBody):
    """RFC 7517: the keys that access tokens are checked with."""

    keys: list[dict[str, str]]
