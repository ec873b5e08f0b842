"""The head of a new transfer, before its files are planned."""

from chalicelib.domain.file_request import FileRequest
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RECIPIENTS_A_PAGE
from chalicelib.domain.retention import PUT_URL_LIFE, PUT_URL_STEP
from chalicelib.domain.tenant import DAY, Tenant
from chalicelib.domain.transfer import State, Transfer
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.create_command import Checked, CreateTransfer
from chalicelib.use_cases.sending.senders import sender_of


def draft_transfer(
    ctx: Context,
    tenant: Tenant,
    principal: Principal,
    command: CreateTransfer,
    checked: Checked,
    *,
    request: FileRequest | None,
) -> Transfer:
    """``uploading``, version 0 (not written yet), without files. For a file request the owner is the member who asked."""
    now = checked.now
    sender = sender_of(ctx, principal)
    latest_url = -(-min(now + PUT_URL_LIFE, checked.expires_at) // PUT_URL_STEP) * PUT_URL_STEP
    return Transfer(
        id=ctx.ids.new("tr"),
        tenant=tenant.id,
        version=0,
        state=State.UPLOADING,
        transfer_class=command.transfer_class,
        owner=principal.id if request is None else request.owner,
        sender_name=sender.name,
        sender_address=sender.address,
        company=tenant.name if request is None else "",
        created_at=now,
        expires_at=checked.expires_at,
        proof=checked.proof,
        language=checked.language,
        title=checked.title,
        message=checked.message,
        more_files=command.more_files,
        recipients=len(checked.recipients),
        recipient_pages=-(-len(checked.recipients) // RECIPIENTS_A_PAGE),
        max_downloads=command.max_downloads,
        hold_minutes=checked.hold_minutes,
        send_at=checked.send_at,
        notify=command.notify,
        request=None if request is None else request.id,
        source=command.source,
        put_urls_until=latest_url,
        last_part_at=now,
        uploader=None if request is None else principal.id,
        stored_bytes=sum(one.size or 0 for one in checked.files),
        abandon_at=now + tenant.abandon_days * DAY,
    )
