"""The whole life of a transfer in use cases: checked, invited, fetched, expired, destroyed, certified."""

import json

from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import State
from chalicelib.stores.wrapped_key_store import wrapped_key
from chalicelib.use_cases.ending.show_certificate import show_certificate
from chalicelib.use_cases.key_statement import root_fingerprint
from chalicelib.use_cases.receiving.complete_download import complete_download
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from fumibako_format.keys import associated_data
from fumibako_format.proofs import verify_certificate
from fumibako_format.streaming import open_stream
from tests.unit.use_cases.living import LivingOffice, types
from tests.unit.use_cases.sending import TENANT, principal


def test_a_transfer_is_checked_fetched_and_provably_gone() -> None:
    office = LivingOffice()
    office.sweep()
    created = office.ready([b"hello", b"x" * 3_000_000], title="見積書")
    head = office.head(created)
    guest = office.guest(created)
    opened = start_download(office.ctx, guest, StartDownload(head.id))
    for one, plain in zip(opened.files, (b"hello", b"x" * 3_000_000), strict=True):
        entry, key = one.entry, one.key
        assert key is not None
        body = office.ctx.blobs.get(one.url, entry.offset, entry.offset + (entry.length or 0) - 1)
        out = bytearray()
        read = iter([body])
        aad = associated_data(head.id, entry.id)
        pieces = _reader(next(read))
        open_stream(pieces, out.extend, key=key, aad=aad, ciphertext_size=len(body))
        assert bytes(out) == plain
    complete_download(office.ctx, guest, transfer=head.id, session=opened.session)
    assert types(office.work()) == ["download.started", "download.completed"]

    office.ctx.clock.now = head.expires_at + 60_000
    events = office.settle()
    assert types(events) == ["transfer.closed", "transfer.destroyed"]
    gone = office.head(created)
    assert gone.state is State.DESTROYED
    assert gone.title == ""
    assert gone.backups_until == (gone.destroyed_at or 0) + 35 * DAY
    assert office.ctx.blobs.remaining(TENANT, head.id) == []
    assert office.ctx.wrapped_keys.get(wrapped_key(TENANT, head.id)) is None
    document = show_certificate(office.ctx, principal(), head.id)
    verified = verify_certificate(json.loads(json.dumps(document)), root_fingerprint=root_fingerprint(office.ctx))
    assert verified.statement["reason"] == "expired"
    assert [line["id"] for line in verified.statement["files"]] == [one.entry.id for one in opened.files]


def _reader(data: bytes):  # type: ignore[no-untyped-def]
    position = 0

    def read(size: int) -> bytes:
        nonlocal position
        piece = data[position : position + size]
        position += len(piece)
        return piece

    return read
