"""A resuming client must not be made to send again what the store has joined already."""

import pytest

from chalicelib.domain.errors import StoreFull
from chalicelib.ports.record_store import Operation
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.create_command import FileSpec
from chalicelib.use_cases.sending.list_parts import list_parts
from tests.unit.use_cases.sending import Office, principal


def test_parts_are_held_though_only_the_store_knows_that_they_were_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has no room at the moment at which the join is to be noted."""
    office = Office()
    made = office.create((FileSpec(2 << 20, "0.txt"),))
    file = made.files[0]
    done = office.sent(made, {file.id: b"d" * (2 << 20)})

    def full(operations: list[Operation], events: object = ()) -> None:
        raise StoreFull

    with monkeypatch.context() as patch:
        patch.setattr(office.ctx.records, "transact", full)
        with pytest.raises(StoreFull):
            complete_files(office.ctx, principal(), made.head.id, done)
    [held] = list_parts(office.ctx, principal(), made.head.id, file.blob)
    assert (held.number, held.size) == (1, 2_097_152 + 40 + 16 * 3)
    complete_files(office.ctx, principal(), made.head.id, done)
    assert all(one.stored for one in office.files(made))


def test_nothing_is_held_of_a_blob_of_which_nothing_was_sent() -> None:
    office = Office()
    made = office.create((FileSpec(2 << 20, "0.txt"), FileSpec(None, "unknown.txt")))
    for file in made.files:
        assert list_parts(office.ctx, principal(), made.head.id, file.blob) == []
    assert not any(one.stored for one in office.files(made))
