"""From bodies on the wire to commands: times, binary values, idempotency."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chalicelib.api.describe import Call
from chalicelib.api.transfers_types import CreateTransferBody, FileBody, RecipientBody
from chalicelib.api.wire import from_time
from chalicelib.domain.errors import refuse_field
from chalicelib.domain.transfer import State, TransferClass
from chalicelib.stores.idempotency_store import Once
from fumibako_format import base64url
from fumibako_format.errors import EncodingInvalid

if TYPE_CHECKING:
    from chalicelib.use_cases.sending.create_command import CreateTransfer, FileSpec, RecipientSpec


QUERY_CHARACTERS: Final = 200
_STATES: Final = tuple(State)


def once_of(call: Call[Any], route: str) -> Once | None:
    """The idempotency of this request; ``route`` names it with its path parameters."""
    key = call.idempotency_key
    if key is None:
        return None
    body_hash = hashlib.sha256(msgspec.json.encode(call.body)).hexdigest()
    return Once(call.principal.tenant, route, call.principal.id, key, body_hash)


def binary(text: str | None, pointer: str) -> bytes | None:
    """Base64url without padding. Raises Refused("encoding_invalid")."""
    if text is None:
        return None
    try:
        return base64url.decode(text)
    except EncodingInvalid:
        raise refuse_field("encoding_invalid", pointer, "This is not base64url without padding.") from None


def time_or_none(text: str | None, pointer: str) -> int | None:
    """Milliseconds. Raises Refused("time_invalid")."""
    return None if text is None else from_time(text, pointer)


def states_of(text: str | None) -> frozenset[State]:
    """States with commas between them; none for all. Raises Refused("query_invalid")."""
    states = text.split(",") if text is not None else []
    unknown = [one for one in states if one not in _STATES]
    if unknown:
        raise refuse_field("query_invalid", "/state", f"The states are {', '.join(_STATES)}.")
    return frozenset(State(one) for one in states)


def query_text(text: str | None) -> str | None:
    """What somebody looks for, 200 characters at most; None for nothing. Raises Refused("query_invalid")."""
    if text is not None and len(text) > QUERY_CHARACTERS:
        raise refuse_field("query_invalid", "/q", f"A search has at most {QUERY_CHARACTERS} characters.")
    return text or None


def file_specs(files: Sequence[FileBody]) -> "tuple[FileSpec, ...]":
    """Files as announced."""
    from chalicelib.use_cases.sending.create_command import FileSpec

    return tuple(
        FileSpec(one.size, one.name, one.media_type, one.part_size, binary(one.digest, f"/files/{n}/digest"))
        for n, one in enumerate(files)
    )


def recipient_specs(recipients: Sequence[RecipientBody]) -> "tuple[RecipientSpec, ...]":
    """Recipients as given."""
    from chalicelib.use_cases.sending.create_command import RecipientSpec

    return tuple(RecipientSpec(one.email, one.name, one.language) for one in recipients)


def create_command(call: Call[CreateTransferBody]) -> "CreateTransfer":
    """The command of POST /v1/transfers. Raises Refused("on_behalf_not_allowed"): no route gives that right yet."""
    from chalicelib.use_cases.sending.create_command import CreateTransfer

    body = call.body
    if body.on_behalf_of is not None and body.on_behalf_of != call.principal.id:
        raise refuse_field("on_behalf_not_allowed", "/on_behalf_of", "You can send in your own name only.")
    return CreateTransfer(
        transfer_class=TransferClass(body.transfer_class),
        files=file_specs(body.files),
        recipients=recipient_specs(body.recipients),
        more_files=body.more_files,
        title=body.title,
        message=body.message,
        language=body.language,
        expires_at=time_or_none(body.expires_at, "/expires_at"),
        expires_in_minutes=body.expires_in_minutes,
        max_downloads=body.max_downloads,
        hold_minutes=body.hold_minutes,
        send_at=time_or_none(body.send_at, "/send_at"),
        proof=body.proof,
        notify=body.notify,
        source=body.source,
        once=once_of(call, "POST /v1/transfers"),
        network=call.source_ip or None,
    )
