"""Bodies of file requests on the wire (spec/api.md, transfers)."""

from typing import Annotated, Literal

import msgspec

from chalicelib.api.transfers_types import (
    Class,
    Minutes,
    Proof,
    RecipientAnswer,
    RecipientBody,
    Text,
    Time,
    Whole,
)
from chalicelib.api.wire import AnswerBody, RequestBody


class CreateRequestBody(RequestBody):
    """``recipients`` get a link each; without them there is one link, open to ``domains`` or to whoever has it."""

    title: Text
    message: Text = ""
    recipients: list[RecipientBody] = msgspec.field(default_factory=list)
    domains: list[Annotated[str, msgspec.Meta(max_length=300)]] = msgspec.field(default_factory=list)
    # ``class`` is a word of Python, hence the rename.
    transfer_class: Class = msgspec.field(name="class", default="managed")
    max_files: Whole | None = None
    max_bytes: Whole | None = None
    expires_at: Time | None = None
    expires_in_minutes: Minutes | None = None
    proof: Proof | None = None
    language: Literal["ja", "en"] | None = None


class RequestAnswer(AnswerBody):
    """``used_*`` is what was taken so far; ``url`` the open link, for its owner."""

    id: str
    version: int
    state: Literal["open", "closed"]
    title: str
    transfer_class: Class = msgspec.field(name="class")
    owner: str
    created_at: str
    expires_at: str
    proof: Proof
    language: str
    used_files: int
    used_bytes: int
    transfers: int
    recipient_count: int
    reason: str | None = None
    message: str | None = None
    domains: list[str] | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    closed_at: str | None = None
    url: str | None = None
    recipients: list[RecipientAnswer] | None = None


class RequestPageAnswer(AnswerBody):
    """A page of file requests, newest first."""

    items: list[RequestAnswer]
    next: str | None
