"""Bodies of addresses and domains on the wire (spec/api.md, transfers)."""

from typing import Annotated, Literal

import msgspec

from chalicelib.api.wire import AnswerBody, RequestBody


class AddressAnswer(AnswerBody):
    """An address that the caller sent to; ``id`` is for forgetting it."""

    id: str
    email: str
    last_used_at: str
    name: str | None = None


class AddressesAnswer(AnswerBody):
    """Best first."""

    items: list[AddressAnswer]


class CheckAddressesBody(RequestBody):
    """1 to 500 addresses."""

    emails: Annotated[list[Annotated[str, msgspec.Meta(max_length=1_000)]], msgspec.Meta(max_length=5_000)]


class DomainAnswer(AnswerBody):
    """``unicode`` is the domain in its own letters, where it has others than those of the wire."""

    domain: str
    recipients: int
    first_time: bool
    first_time_for_you: bool
    free_mail: bool
    internal: bool
    unicode: str | None = None
    looks_like: str | None = None
    reason: Literal["one_letter", "confusable", "punycode", "tld"] | None = None


class DomainsAnswer(AnswerBody):
    """Those to be looked at first."""

    domains: list[DomainAnswer]
