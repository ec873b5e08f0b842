"""What a link leads to, as far as an unproven guest may know it: one shape for transfers and file requests."""

from dataclasses import dataclass

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.file_request import FileRequest, require_request_open
from chalicelib.domain.link import Link, require_link_open
from chalicelib.domain.transfer import Transfer, require_open
from chalicelib.stores.link_store import get_link
from chalicelib.stores.request_store import get_request
from chalicelib.stores.transfer_store import get_transfer
from chalicelib.use_cases.context import Context


@dataclass(frozen=True)
class Subject:
    """``owner`` is the member behind it; ``sequence`` the aggregate's version, for events. ``scan`` is None for file requests."""

    owner: str
    sender_name: str
    company: str
    title: str
    message: str
    transfer_class: str
    files: int
    bytes: int
    expires_at: int
    state: str
    language: str
    sequence: int
    scan: str | None = None
    slots: tuple[dict[str, object], ...] = ()
    max_files: int | None = None
    max_bytes: int | None = None


def open_link(ctx: Context, token: str) -> tuple[Link, Subject]:
    """The link of a token and what it leads to. Raises NotFound, or Refused("gone") once either has ended."""
    return subject_of(ctx, get_link(ctx.records, token))


def subject_of(ctx: Context, link: Link) -> tuple[Link, Subject]:
    """A link and what it leads to. Raises Refused("gone") once either has ended."""
    now = ctx.clock.now_ms()
    try:
        require_link_open(link, now)
    except Refused:
        if link.kind == "transfer":
            _require_open_transfer(ctx, link, now)  # a closed link says no more than that; its transfer knows why
        raise
    try:
        if link.kind == "request":
            request = get_request(ctx.records, link.tenant, link.subject)
            require_request_open(request, now)
            return link, _of_request(request)
        transfer = get_transfer(ctx.records, link.tenant, link.subject)
    except NotFound:
        raise Refused("gone", "This link leads nowhere any more.") from None
    require_open(transfer, now)
    return link, _of_transfer(transfer)


def _require_open_transfer(ctx: Context, link: Link, now: int) -> None:
    try:
        require_open(get_transfer(ctx.records, link.tenant, link.subject), now)
    except NotFound:
        return  # its records were erased


def _of_transfer(head: Transfer) -> Subject:
    return Subject(
        owner=head.owner,
        sender_name=head.sender_name,
        company=head.company,
        title=head.title,
        message=head.message,
        transfer_class=head.transfer_class,
        files=head.files,
        bytes=head.bytes,
        expires_at=head.expires_at,
        state=head.state,
        language=head.language,
        sequence=head.version,
        scan=head.scan,
        # A passphrase needs its slot's salt before it can prove anything; slots hold wrapped keys, which are no secret.
        slots=head.slots,
    )


def _of_request(request: FileRequest) -> Subject:
    return Subject(
        owner=request.owner,
        sender_name=request.owner_name,
        company=request.company,
        title=request.title,
        message=request.message,
        transfer_class=request.transfer_class,
        files=request.used_files,
        bytes=request.used_bytes,
        expires_at=request.expires_at,
        state=request.state,
        language=request.language,
        sequence=request.version,
        max_files=request.max_files,
        max_bytes=request.max_bytes,
    )
