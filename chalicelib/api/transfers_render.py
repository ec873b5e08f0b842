"""From transfers, files and parts to their bodies on the wire."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.api.transfers_types import (
    CreatedAnswer,
    FileAnswer,
    PartUrlAnswer,
    ProgressAnswer,
    RecipientAnswer,
    SenderAnswer,
    TransferAnswer,
)
from chalicelib.api.wire import to_time, to_time_or_none
from chalicelib.domain.files import BlobEntry, FileEntry
from chalicelib.domain.recipients import RecipientEntry, RecipientState
from chalicelib.domain.transfer import State
from fumibako_format import base64url

if TYPE_CHECKING:
    from chalicelib.use_cases.sending.answer_create import Created
    from chalicelib.use_cases.sending.show_transfer import TransferView
    from chalicelib.use_cases.sending.sign_parts import PartUrl


def file_answer(
    entry: FileEntry,
    blob: BlobEntry,
    *,
    name: str | None = None,
    media_type: str | None = None,
    left: int | None = None,
) -> FileAnswer:
    """One file with its place and its blob's plan."""
    from chalicelib.use_cases.sending.plan_files import plan_of

    return FileAnswer(
        id=entry.id,
        index=entry.index,
        size=entry.size,
        state="stored" if entry.stored else "waiting",
        blob=entry.blob,
        offset=entry.offset,
        length=entry.length,
        part_size=blob.part_size,
        parts=plan_of(blob).count,
        packed=entry.packed,
        scan=entry.scan,
        name=name if name is not None else entry.name,
        media_type=media_type or entry.media_type or None,
        record=None if entry.record is None or not entry.named else base64url.encode(entry.record),
        downloads_left=left,
    )


def files_answer(
    files: Sequence[FileEntry],
    blobs: Mapping[str, BlobEntry],
    names: Mapping[str, str] | None = None,
    media_types: Mapping[str, str] | None = None,
    left: Mapping[str, int] | None = None,
) -> list[FileAnswer]:
    """Many files."""
    return [
        file_answer(
            one,
            blobs[one.blob],
            name=(names or {}).get(one.id),
            media_type=(media_types or {}).get(one.id),
            left=(left or {}).get(one.id),
        )
        for one in files
    ]


def uploads_answer(uploads: "Sequence[PartUrl]") -> list[PartUrlAnswer]:
    """Part URLs."""
    return [
        PartUrlAnswer(
            blob=one.part.blob,
            part=one.part.number,
            method=one.signed.method,
            url=one.signed.url,
            headers=one.signed.headers,
            size=one.part.size,
            expires_at=to_time(one.signed.expires_at),
        )
        for one in uploads
    ]


def created_answer(created: "Created", names: Sequence[str | None]) -> CreatedAnswer:
    """``names`` as the request gave them, in its order: the server keeps those of managed files sealed."""
    head = created.head
    return CreatedAnswer(
        id=head.id,
        version=head.version,
        state=head.state.value,
        transfer_class=head.transfer_class.value,
        expires_at=to_time(head.expires_at),
        files=named_files(created, names),
        uploads=uploads_answer(created.uploads),
        transfer_key=None if created.key is None else base64url.encode(created.key),
    )


def named_files(created: "Created", names: Sequence[str | None]) -> list[FileAnswer]:
    """The files of a creating call with the names it gave."""
    pairs = zip(created.files, names, strict=False)
    return [file_answer(entry, created.blobs[entry.blob], name=name) for entry, name in pairs]


def transfer_answer(view: "TransferView") -> TransferAnswer:
    """A transfer; what only its own people may see is left out for others."""
    head, inside = view.head, view.inside
    return TransferAnswer(
        id=head.id,
        state=head.state.value,
        transfer_class=head.transfer_class.value,
        sender=SenderAnswer(id=head.uploader or head.owner, name=head.sender_name, company=head.company),
        files=head.files,
        bytes=head.bytes,
        created_at=to_time(head.created_at),
        expires_at=to_time(head.expires_at),
        proof=head.proof,
        scan=str(head.scan),
        recipients=[recipient_answer(entry, state) for entry, state in view.recipients],
        version=head.version if inside else None,
        reason=None if head.reason is None else head.reason.value,
        title=head.title or None,
        message=head.message or None,
        completed_at=to_time_or_none(head.completed_at),
        ready_at=to_time_or_none(head.ready_at),
        send_at=to_time_or_none(head.send_at) if inside else None,
        hold_until=to_time_or_none(head.hold_until) if inside else None,
        closed_at=to_time_or_none(head.closed_at),
        destroyed_at=to_time_or_none(head.destroyed_at),
        max_downloads=head.max_downloads,
        request=head.request,
        source=head.source if inside else None,
        recipient_count=head.recipients if inside else None,
        recipients_next=view.recipients_next,
        progress=ProgressAnswer(stored=head.stored_files, files=head.files) if head.state is State.UPLOADING else None,
        slots=_slots(view),
    )


def _slots(view: "TransferView") -> list[dict[str, object]] | None:
    head = view.head
    shown = head.slots and (view.inside or head.state is State.READY)
    return list(head.slots) if shown else None


def recipient_answer(entry: RecipientEntry, state: RecipientState) -> RecipientAnswer:
    """Where one recipient stands."""
    return RecipientAnswer(
        id=entry.id,
        email=entry.email,
        language=entry.language,
        state=state.state,
        downloads=state.downloads,
        name=entry.name or None,
        last_download_at=to_time_or_none(state.last_download_at),
    )
