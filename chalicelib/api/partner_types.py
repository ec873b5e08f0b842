"""Bodies about partners on the wire (spec/api.md, auth)."""

from typing import Annotated

import msgspec

from chalicelib.api.auth_types import Name
from chalicelib.api.wire import AnswerBody, RequestBody

Issuer = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
ClientWord = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Domain = Annotated[str, msgspec.Meta(min_length=1, max_length=254)]


class AddPartnerBody(RequestBody):
    """A sign-in service (OpenID Connect), and the mail domains that it speaks for. ``required``: its people are mailed no codes."""

    name: Name
    issuer: Issuer
    client_id: ClientWord
    client_secret: ClientWord
    domains: Annotated[list[Domain], msgspec.Meta(min_length=1, max_length=50)]
    required: bool = False


class PartnerAnswer(AnswerBody):
    """A partner; its secret is never shown again. ``redirect_uri`` is what has to be registered there."""

    id: str
    name: str
    issuer: str
    client_id: str
    domains: list[str]
    required: bool
    created_at: str
    redirect_uri: str


class PartnerPage(AnswerBody):
    """All partners: a hundred at most."""

    items: list[PartnerAnswer]
    next: str | None = None


class PartnerSignIn(AnswerBody):
    """Where the browser goes to sign in."""

    url: str
