from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.recipients import RecipientState
from chalicelib.domain.tenant import DAY, MINUTE
from chalicelib.domain.transfer import Reason, State, TransferClass
from chalicelib.stores.index_store import inbox_puts
from chalicelib.stores.recipients_store import get_recipients, state_put
from chalicelib.stores.transfer_store import transfer_put
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.create_command import FileSpec, RecipientSpec
from chalicelib.use_cases.sending.list_transfers import Wanted, list_transfers
from chalicelib.use_cases.sending.show_files import show_files
from chalicelib.use_cases.sending.show_transfer import show_transfer
from tests.unit.use_cases.sending import ADMIN, MEMBER, OTHER, TENANT, Office, principal

SMALL = (FileSpec(10, "a.txt", "text/plain"),)


def guest(made: Created, recipient: str) -> Principal:
    return Principal(
        TENANT,  # type: ignore[arg-type]
        "guest",
        recipient,
        "gs_x",
        frozenset(),
        frozenset({"transfers:read"}),
        link="ln_x",
        link_subject=made.head.id,
    )


def recipients(office: Office, made: Created) -> list[str]:
    return [one.id for one in get_recipients(office.ctx.records, TENANT, made.head.id)]


def ready(office: Office, made: Created) -> None:
    head = replace(office.head(made), state=State.READY, ready_at=office.ctx.clock.now)
    office.ctx.records.transact([transfer_put(head)])


def test_the_owner_sees_everything_and_a_stranger_nothing() -> None:
    office = Office()
    made = office.create(SMALL, recipients=tuple(RecipientSpec(f"r{n}@example.com") for n in range(101)))
    view = show_transfer(office.ctx, principal(), made.head.id)
    assert (view.inside, len(view.recipients), view.recipients_next) == (True, 100, "100")
    rest = show_transfer(office.ctx, principal(), made.head.id, cursor="100")
    assert [(entry.email, state.state) for entry, state in rest.recipients] == [("r100@example.com", "waiting")]
    assert rest.recipients_next is None
    assert show_transfer(office.ctx, principal(ADMIN), made.head.id).inside
    for absent in (made.head.id, "tr_nonsense"):
        with pytest.raises(NotFound):
            show_transfer(office.ctx, principal(OTHER), absent)
    with pytest.raises(Refused, match="cursor_invalid"):
        show_transfer(office.ctx, principal(), made.head.id, cursor="x")


def test_a_guest_sees_itself_alone_and_only_while_it_is_open() -> None:
    office = Office()
    made = office.create(SMALL, recipients=(RecipientSpec("a@example.com"), RecipientSpec("b@example.com")))
    first, _second = recipients(office, made)
    with pytest.raises(Refused, match="gone"):
        show_transfer(office.ctx, guest(made, first), made.head.id)
    ready(office, made)
    view = show_transfer(office.ctx, guest(made, first), made.head.id)
    assert (view.inside, [entry.email for entry, _ in view.recipients]) == (False, ["a@example.com"])
    with pytest.raises(NotFound):
        show_transfer(
            office.ctx, replace(guest(made, first), link_subject="tr_01kdv0000000000000000000a1"), made.head.id
        )
    office.ctx.clock.advance(7 * DAY - 1)
    show_transfer(office.ctx, guest(made, first), made.head.id)
    office.ctx.clock.advance(1)
    with pytest.raises(Refused, match="gone"):
        show_transfer(office.ctx, guest(made, first), made.head.id)
    shown = show_transfer(office.ctx, principal(), made.head.id).head
    assert (shown.state, shown.reason, shown.closed_at) == (State.CLOSED, Reason.EXPIRED, made.head.expires_at)


def test_a_member_who_is_a_recipient_sees_it_once_it_is_ready() -> None:
    office = Office()
    made = office.create(SMALL, recipients=(RecipientSpec("TARO@acme.example"),))
    with pytest.raises(NotFound):
        show_transfer(office.ctx, principal(OTHER), made.head.id)
    ready(office, made)
    assert not show_transfer(office.ctx, principal(OTHER), made.head.id).inside


def test_names_are_for_owner_and_recipients_not_for_overseers() -> None:
    office = Office()
    made = office.send([b"one", b"two"])
    page = show_files(office.ctx, principal(), made.head.id, cursor=None, limit=1)
    assert [page.names[one.id] for one in page.files] == ["0.txt"]
    last = show_files(office.ctx, principal(), made.head.id, cursor=page.cursor, limit=1)
    assert ([last.names[one.id] for one in last.files], last.cursor) == (["1.txt"], None)
    with pytest.raises(NotFound):
        show_files(office.ctx, principal(ADMIN), made.head.id, cursor=None, limit=1)
    ready(office, made)
    (recipient,) = recipients(office, made)
    assert len(show_files(office.ctx, guest(made, recipient), made.head.id, cursor=None, limit=10).files) == 2
    with pytest.raises(Refused, match="cursor_invalid"):
        show_files(office.ctx, principal(), made.head.id, cursor="12", limit=1)


def test_files_that_are_not_stored_are_hidden_from_recipients() -> None:
    office = Office()
    made = office.create(SMALL)
    ready(office, made)
    (recipient,) = recipients(office, made)
    assert not show_files(office.ctx, guest(made, recipient), made.head.id, cursor=None, limit=10).files
    assert show_files(office.ctx, principal(), made.head.id, cursor=None, limit=10).files


def test_the_sent_box_is_newest_first_and_paged() -> None:
    office = Office()
    made = []
    for _ in range(5):
        made.append(office.create(SMALL).head.id)
        office.ctx.clock.advance(MINUTE)
    first = list_transfers(office.ctx, principal(), Wanted(), cursor=None, limit=3)
    rest = list_transfers(office.ctx, principal(), Wanted(), cursor=first.cursor, limit=3)
    assert [view.head.id for view in (*first.items, *rest.items)] == made[::-1]
    assert rest.cursor is None
    assert [entry.email for entry, _ in first.items[0].recipients] == ["guest@example.com"]
    assert not list_transfers(office.ctx, principal(OTHER), Wanted(), cursor=None, limit=3).items


def test_filters_narrow_the_list() -> None:
    office = Office()
    start = office.ctx.clock.now
    one = office.create(SMALL, recipients=(RecipientSpec("one@example.com"),))
    office.ctx.clock.advance(MINUTE)
    two = office.send([b"x"], recipients=(RecipientSpec("two@example.com"),))

    def found(**fields: object) -> list[str]:
        page = list_transfers(office.ctx, principal(), Wanted(**fields), cursor=None, limit=10)  # type: ignore[arg-type]
        return [view.head.id for view in page.items]

    assert found(states=frozenset({State.UPLOADING})) == [one.head.id]
    assert found(states=frozenset({State.CHECKING})) == [two.head.id]
    assert found(states=frozenset({State.CHECKING, State.UPLOADING})) == [two.head.id, one.head.id]
    assert found(states=frozenset({State.READY})) == []
    assert found(recipient="TWO@example.com") == [two.head.id]
    assert found(since=start + 1) == [two.head.id]
    assert found(until=start + MINUTE) == [one.head.id]
    assert found(since=start, until=start + MINUTE + 1) == [two.head.id, one.head.id]
    assert found(since=start, until=start) == []


def test_received_shows_what_can_be_fetched() -> None:
    office = Office()
    made = office.create(SMALL, recipients=(RecipientSpec("taro@acme.example"),))
    office.ctx.records.transact(inbox_puts(made.head, "rc_x", ["Taro@acme.example"]))
    box = Wanted(box="received")
    assert not list_transfers(office.ctx, principal(OTHER), box, cursor=None, limit=3).items
    ready(office, made)
    (view,) = list_transfers(office.ctx, principal(OTHER), box, cursor=None, limit=3).items
    assert (view.head.id, view.inside, view.recipients) == (made.head.id, False, ())


def test_all_is_for_admins_and_auditors() -> None:
    office = Office()
    made = office.create(SMALL)
    with pytest.raises(Refused, match="role_missing"):
        list_transfers(office.ctx, principal(), Wanted(box="all"), cursor=None, limit=3)
    (view,) = list_transfers(office.ctx, principal(ADMIN), Wanted(box="all"), cursor=None, limit=3).items
    assert (view.head.id, view.head.owner) == (made.head.id, MEMBER)
    with pytest.raises(NotFound):
        list_transfers(office.ctx, guest(made, "rc_01kdv0000000000000000000a1"), Wanted(), cursor=None, limit=3)


def test_states_of_recipients_are_shown() -> None:
    office = Office()
    made = office.create(SMALL, transfer_class=TransferClass.MANAGED)
    (recipient,) = recipients(office, made)
    state = RecipientState(recipient, "downloaded", downloads=2, last_download_at=5)
    office.ctx.records.transact([state_put(TENANT, made.head.id, state)])
    ((_, shown),) = show_transfer(office.ctx, principal(), made.head.id).recipients
    assert shown == replace(state, version=1)
