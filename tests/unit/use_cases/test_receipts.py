"""Receipts: what came in by a file request is acknowledged, signed, for guest and member."""

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.transfer import State
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.key_statement import root_fingerprint
from chalicelib.use_cases.requesting.issue_receipt import issue_receipt, show_receipt
from fumibako_format.proofs import verify_certificate
from tests.unit.use_cases.living import LivingOffice, guest_principal, types
from tests.unit.use_cases.sending import ADMIN, OTHER, principal

REQUEST = "rq_01kdv0000000000000000000a1"
GUEST = "rc_01kdv0000000000000000000a1"


def received() -> tuple[LivingOffice, str]:
    """An upload to a file request, as its head says it."""
    office = LivingOffice()
    created = office.send([b"abc", b"de"], recipients=(), hold_minutes=0)
    office.write(
        office.head(created),
        request=REQUEST,
        uploader=GUEST,
        sender_name="Guest",
        sender_address="guest@example.com",
        recipients=0,
    )
    return office, created.head.id


def test_the_receipt_is_signed_at_completion_and_stays_the_same() -> None:
    office, transfer = received()
    events = office.work()
    assert types(events)[-2:] == ["transfer.ready", "request.received"]
    assert office.head_of(transfer).state is State.READY
    guest = guest_principal(GUEST, REQUEST)
    receipt = show_receipt(office.ctx, guest, transfer)
    verified = verify_certificate(receipt, root_fingerprint=root_fingerprint(office.ctx))
    assert verified.type == "receipt"
    assert (verified.statement["request"], len(verified.statement["files"])) == (REQUEST, 2)
    for who in (principal(), principal(ADMIN)):
        assert show_receipt(office.ctx, who, transfer) == receipt
    recall_transfer(office.ctx, principal(), transfer)
    office.settle()
    assert show_receipt(office.ctx, guest, transfer) == receipt


def test_strangers_get_no_receipt() -> None:
    office, transfer = received()
    office.work()
    other = "rc_01kdv0000000000000000000a2"
    for stranger in (
        guest_principal(other, REQUEST),
        guest_principal(GUEST, "rq_01kdv0000000000000000000a2"),
        guest_principal(GUEST, transfer),
        principal(OTHER),
    ):
        with pytest.raises(NotFound):
            show_receipt(office.ctx, stranger, transfer)


def test_what_was_sent_has_no_receipt_and_an_unfinished_upload_none_yet() -> None:
    office, transfer = received()
    sent = office.ready([b"abc"])
    with pytest.raises(NotFound):
        show_receipt(office.ctx, principal(), sent.head.id)
    office.write(office.head_of(transfer), completed_at=None)
    with pytest.raises(Refused, match="receipt_not_ready"):
        issue_receipt(office.ctx, office.head_of(transfer))
