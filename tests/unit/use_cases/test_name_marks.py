"""Names of one transfer are told apart without opening what is there, and without keeping them."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.transfer import TransferClass
from chalicelib.stores.name_marks_store import MARK_BYTES, get_name_marks, name_mark_puts
from chalicelib.use_cases.sending import mark_names
from chalicelib.use_cases.sending.add_files import AddFiles, add_files
from chalicelib.use_cases.sending.create_command import FileSpec
from tests.fakes.record_store import FakeRecordStore
from tests.unit.domain.transfers import transfer
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import TENANT, Office, principal


def marks(first: int, count: int) -> list[bytes]:
    return [n.to_bytes(MARK_BYTES, "big") for n in range(first, first + count)]


def test_marks_of_any_number_of_calls_are_all_there() -> None:
    records, files = FakeRecordStore(), 0
    for count in (1, 2_499, 500, 0, 2_600, 4_400):
        if puts := name_mark_puts(records, transfer(files=files), marks(files, count)):
            records.transact(puts)
        files += count
    assert get_name_marks(records, transfer(files=files)) == set(marks(0, files))
    assert get_name_marks(records, transfer(files=0)) == set()


@pytest.mark.parametrize("kind", [TransferClass.MANAGED, TransferClass.PLAIN])
def test_a_name_that_is_there_is_refused_however_it_is_written(kind: TransferClass) -> None:
    office = Office()
    office.set(allow_plain=True) if kind is TransferClass.PLAIN else None
    made = office.create((FileSpec(1, "図面/が.txt"),), transfer_class=kind, more_files=True)
    add_files(office.ctx, principal(), made.head.id, AddFiles((FileSpec(1, "B.txt"),), more_files=True))
    for name in ("図面/か\u3099.TXT", "b.TXT"):
        with pytest.raises(Refused, match="name_twice"):
            add_files(office.ctx, principal(), made.head.id, AddFiles((FileSpec(1, name),), more_files=True))
    add_files(office.ctx, principal(), made.head.id, AddFiles((FileSpec(1, "c.txt"),)))


def test_a_mark_says_nothing_without_the_transfers_key() -> None:
    own, other = (mark_names.name_marker("tr_1", bytes([n]) * 32) for n in (1, 2))
    assert own("a.txt") == own("A.TXT") != own("b.txt")
    assert own("a.txt") != other("a.txt") != mark_names.name_marker("tr_2", b"\2" * 32)("a.txt")


def test_marks_go_with_the_transfer() -> None:
    office = LivingOffice()
    office.sweep()
    made = office.ready([b"abc"])

    def kept() -> list[str]:
        return [key.sk for key in office.ctx.records.rows if made.head.id in key.pk and key.sk.startswith("names#")]

    assert kept() == ["names#00000"]
    office.ctx.clock.now = office.head(made).expires_at
    office.sweep()
    assert office.head_of(made.head.id).tenant == TENANT
    assert kept() == []
