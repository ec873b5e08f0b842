import json

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import State
from chalicelib.stores.certificate_store import KEPT_BYTES, list_waiting, put_waiting
from chalicelib.use_cases.ending.issue_certificates import PER_TRANSACTION, issue_certificates
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.ending.show_certificate import show_certificate
from chalicelib.use_cases.key_statement import VALID, root_fingerprint, stated_key
from fumibako_format.errors import ProofInvalid, SignerUnknown
from fumibako_format.merkle import leaf_hash
from fumibako_format.proofs import certificate_leaf, verify_certificate
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import ADMIN, OTHER, TENANT, principal


def destroyed(office: LivingOffice, count: int = 1) -> list[str]:
    made = [office.ready([b"abc"]) for _ in range(count)]
    for one in made:
        recall_transfer(office.ctx, principal(), one.head.id)
    office.work()
    return [one.head.id for one in made]


def test_a_batch_is_signed_once_and_each_certificate_holds_alone() -> None:
    office = LivingOffice()
    ids = destroyed(office, 12)
    with pytest.raises(Refused, match="not_yet_destroyed"):
        show_certificate(office.ctx, principal(), ids[0])
    assert issue_certificates(office.ctx) == 12
    root = root_fingerprint(office.ctx)
    documents = [show_certificate(office.ctx, principal(), one) for one in ids]
    for one, document in zip(ids, documents, strict=True):
        verified = verify_certificate(json.loads(json.dumps(document)), root_fingerprint=root)
        assert (verified.type, verified.statement["transfer"], verified.issuer) == ("deletion-certificate", one, TENANT)
    assert len({document["batch"] for document in documents}) <= 4  # one for each shard
    assert issue_certificates(office.ctx) == 0


def test_a_changed_certificate_does_not_hold() -> None:
    office = LivingOffice()
    (transfer,) = destroyed(office)
    issue_certificates(office.ctx)
    document = show_certificate(office.ctx, principal(), transfer)
    with pytest.raises(SignerUnknown):
        verify_certificate(document, root_fingerprint=None)
    document["statement"]["destroyed_at"] = "2026-01-01T00:00:00.001Z"
    with pytest.raises(ProofInvalid):
        verify_certificate(document, root_fingerprint=root_fingerprint(office.ctx))


def test_killed_between_batch_and_certificates_the_rest_is_signed_again() -> None:
    office = LivingOffice()
    ids = destroyed(office, 3)
    calls = [0]

    def die() -> None:
        calls[0] += 1
        if calls[0] == 3:  # key statement, batch, then the certificates
            raise KeyboardInterrupt

    office.ctx.records.before_commit = die
    with pytest.raises(KeyboardInterrupt):
        issue_certificates(office.ctx)
    office.ctx.records.before_commit = None
    issue_certificates(office.ctx)
    for one in ids:
        assert show_certificate(office.ctx, principal(), one)["statement"]["transfer"] == one


def test_more_than_one_transaction_of_certificates() -> None:
    office = LivingOffice()
    destroyed(office)
    (waiting,) = [one for shard in range(4) for one in list_waiting(office.ctx.records, shard, 10)]
    assert waiting.statement is not None
    count = PER_TRANSACTION * 4 + 8
    for _ in range(count):
        other = office.ctx.ids.new("tr")
        statement = {**waiting.statement, "transfer": other}
        office.ctx.records.transact([put_waiting(TENANT, other, "deletion", statement)])
    assert issue_certificates(office.ctx) == count + 1
    assert issue_certificates(office.ctx) == 0


def test_long_statements_are_made_again_from_the_pages() -> None:
    office = LivingOffice()
    created = office.ready([b"%d" % n for n in range(100)])
    recall_transfer(office.ctx, principal(), created.head.id)
    office.work()
    (waiting,) = [one for shard in range(4) for one in list_waiting(office.ctx.records, shard, 10)]
    assert waiting.statement is not None
    padded = {**waiting.statement, "note": "x" * KEPT_BYTES}
    office.ctx.records.transact([put_waiting(TENANT, created.head.id, "deletion", padded)])
    issue_certificates(office.ctx)
    document = show_certificate(office.ctx, principal(), created.head.id)
    assert document["statement"] == waiting.statement
    verify_certificate(document, root_fingerprint=root_fingerprint(office.ctx))


def test_the_second_statement_follows_when_backups_are_past() -> None:
    office = LivingOffice()
    office.set(backup_days=2)
    office.sweep()
    (transfer,) = destroyed(office)
    issue_certificates(office.ctx)
    first = show_certificate(office.ctx, principal(), transfer)
    with pytest.raises(Refused, match="still_recoverable"):
        show_certificate(office.ctx, principal(), transfer, kind="recoverable-past")
    office.ctx.clock.advance(2 * DAY + MINUTE)
    office.settle()
    second = show_certificate(office.ctx, principal(), transfer, kind="recoverable-past")
    verified = verify_certificate(second, root_fingerprint=root_fingerprint(office.ctx))
    assert verified.statement["certificate"] == leaf_hash(certificate_leaf(first["statement"])).hex()
    assert verified.statement["recoverable_until"] == first["statement"]["recoverable_until"]
    assert show_certificate(office.ctx, principal(), transfer) == first


def test_without_backups_both_dates_are_one() -> None:
    office = LivingOffice()
    office.set(backup_days=0)
    (transfer,) = destroyed(office)
    issue_certificates(office.ctx)
    statement = show_certificate(office.ctx, principal(), transfer)["statement"]
    assert statement["recoverable_until"] == statement["destroyed_at"]


def test_who_may_see_a_certificate() -> None:
    office = LivingOffice()
    created = office.ready([b"abc"])
    with pytest.raises(Refused, match="not_yet_destroyed"):
        show_certificate(office.ctx, principal(), created.head.id)
    recall_transfer(office.ctx, principal(), created.head.id)
    office.settle()
    assert office.head(created).state is State.DESTROYED
    assert show_certificate(office.ctx, principal(ADMIN), created.head.id)
    for stranger in (principal(OTHER), office.guest(created)):
        with pytest.raises(NotFound):
            show_certificate(office.ctx, stranger, created.head.id)


def test_the_key_statement_is_kept_and_renewed_before_its_end() -> None:
    office = LivingOffice()
    first = stated_key(office.ctx, TENANT)
    assert stated_key(office.ctx, TENANT) == first
    office.ctx.clock.advance(VALID - 30 * DAY)
    renewed = stated_key(office.ctx, TENANT)
    assert renewed != first
    office.ctx.keys.rotate("proof")
    assert stated_key(office.ctx, TENANT) != renewed
    office.ctx.keys.rotate("root")
    assert root_fingerprint(office.ctx).startswith("SHA256:")
