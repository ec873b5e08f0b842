import json
from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import GUEST_SCOPES, Client, Session
from chalicelib.domain.tenant import DAY
from chalicelib.domain.transfer import State, TransferClass
from chalicelib.stores.idempotency_store import Once
from chalicelib.stores.index_store import newest, received_pk
from chalicelib.stores.link_store import get_link
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.request_store import get_request
from chalicelib.stores.session_store import new_session
from chalicelib.use_cases.ending.recall_transfer import recall_transfer
from chalicelib.use_cases.requesting.create_request import CreateRequest, RequestMade, create_request
from chalicelib.use_cases.requesting.list_requests import list_requests
from chalicelib.use_cases.requesting.show_request import close_request, show_request, shown_state
from chalicelib.use_cases.sending.add_files import AddFiles, add_files
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import CreateTransfer, FileSpec, RecipientSpec
from chalicelib.use_cases.sending.create_transfer import create_transfer
from chalicelib.use_cases.sending.list_transfers import Wanted, list_transfers
from chalicelib.use_cases.sending.show_files import show_files
from chalicelib.use_cases.sending.show_transfer import show_transfer
from tests.unit.use_cases.living import LivingOffice
from tests.unit.use_cases.sending import ADMIN, MEMBER, OTHER, TENANT, Office, principal

GUEST = "rc_01kdv0000000000000000000b1"
SESSION = "gs_01kdv0000000000000000000b2"


def asked(office: Office, **fields: object) -> RequestMade:
    return create_request(office.ctx, principal(), CreateRequest(**{"title": "書類", **fields}))  # type: ignore[arg-type]


def guest(office: Office, request: str, recipient: str = GUEST, sign_in: str = SESSION) -> Principal:
    now = office.ctx.clock.now
    session = Session(
        sign_in,
        TenantId(TENANT),
        "guest",
        recipient,
        Client.GUEST,
        now,
        now,
        now + DAY,
        link_subject=request,
        address="soto@example.com",
    )
    office.ctx.records.transact(new_session(session, None))
    return Principal(
        TenantId(TENANT),
        "guest",
        recipient,
        sign_in,
        frozenset(),
        frozenset(GUEST_SCOPES),
        link="ln_x",
        link_subject=request,
    )


def fill(office: Office, who: Principal, *sizes: int | None, more_files: bool = False, **fields: object):  # type: ignore[no-untyped-def]
    files = tuple(FileSpec(size, f"{n}.txt", "text/plain") for n, size in enumerate(sizes))
    command = CreateTransfer(TransferClass.MANAGED, files, more_files=more_files, **fields)  # type: ignore[arg-type]
    return create_transfer(office.ctx, who, command)


def test_an_open_request_has_one_link() -> None:
    office = Office()
    made = asked(office, domains=("Example.COM",), max_files=3)
    assert made.url is not None
    token = made.url.partition("#")[2]
    link = get_link(office.ctx.records, token)
    assert (link.subject, link.kind, link.recipient, link.domains) == (
        made.request.id,
        "request",
        None,
        ("example.com",),
    )
    assert all(token not in row.text for row in office.ctx.records.rows.values())
    (event,) = office.ctx.records.outbox
    assert (event.type, event.data["max_files"], event.sealed) == ("request.created.v1", 3, {})


def test_500_addresses_get_a_link_and_a_mail_each_whatever_the_message() -> None:
    office = Office()
    specs = tuple(RecipientSpec(f"r{n}@example.com", "", "en") for n in range(500))
    made = asked(office, recipients=specs, message="あ" * 4_000)
    assert made.url is None
    mails = []
    for event in office.ctx.records.outbox:
        assert event.type in ("request.created.v1", "request.invited.v1")
        sealed = event.sealed["notifications"]
        content = office.ctx.keys.open(sealed, tenant=TENANT, purpose="event-notifications", context=event.id)
        mails += json.loads(content)["mails"]
    assert [one["to"] for one in mails] == [one.email for one in specs]
    assert len({one["url"] for one in mails}) == 500
    link = get_link(office.ctx.records, mails[7]["url"].partition("#")[2])
    (_, entry) = get_recipients(office.ctx.records, TENANT, made.request.id)[6:8]
    assert (link.address, link.recipient) == ("r7@example.com", entry.id)


def test_requests_use_up_the_day_as_transfers_do() -> None:
    office = Office()
    office.set(quota_transfers_per_day=2)
    once = Once(TenantId(TENANT), "POST /v1/requests", MEMBER, "key", "hash")
    made = asked(office, once=once)
    office.create((FileSpec(1, "a.txt"),))
    before = dict(office.ctx.records.rows)
    with pytest.raises(Refused, match="quota_exceeded"):
        asked(office)
    assert office.ctx.records.rows == before
    assert asked(office, once=once).request.id == made.request.id
    with pytest.raises(Refused, match="quota_exceeded"):
        office.create((FileSpec(1, "b.txt"),))
    office.ctx.clock.advance(DAY)
    asked(office)


def test_the_same_key_gives_the_same_request_and_invites_who_is_left() -> None:
    office = Office()
    once = Once(TENANT, "POST /v1/requests", MEMBER, "k", "hash")
    specs = tuple(RecipientSpec(f"r{n}@example.com") for n in range(90))
    first = asked(office, recipients=specs, once=once)
    events = len(office.ctx.records.outbox)
    assert asked(office, recipients=specs, once=once).request == first.request
    assert len(office.ctx.records.outbox) == events


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"transfer_class": TransferClass.SEALED}, "class_not_allowed"),
        ({"transfer_class": TransferClass.PLAIN}, "class_not_allowed"),
        ({"proof": "passphrase"}, "proof_not_allowed"),
        ({"proof": "link", "domains": ("example.com",)}, "proof_not_allowed"),
        ({"domains": ("nodot",)}, "domain_invalid"),
        ({"domains": ("example.com",), "recipients": (RecipientSpec("a@example.com"),)}, "domains_not_allowed"),
        ({"domains": tuple(f"d{n}.example" for n in range(51))}, "too_many_domains"),
        ({"max_files": 0}, "limit_wrong"),
        ({"max_bytes": -1}, "limit_wrong"),
        ({"expires_in_minutes": 4}, "expiry_past"),
        ({"title": "x" * 201}, "text_wrong"),
    ],
)
def test_bad_requests_have_their_own_error(fields: dict[str, object], code: str) -> None:
    office = Office()
    rows = dict(office.ctx.records.rows)
    with pytest.raises(Refused) as caught:
        asked(office, **fields)
    assert caught.value.code == code
    assert office.ctx.records.rows == rows


def test_a_guest_fills_it_and_the_member_who_asked_owns_what_came() -> None:
    office = Office()
    made = asked(office)
    who = guest(office, made.request.id)
    created = fill(office, who, 3)
    head = office.head(created)
    assert (head.owner, head.uploader, head.request) == (MEMBER, GUEST, made.request.id)
    assert (head.sender_address, head.company, head.hold_minutes) == ("soto@example.com", "", 0)
    done = office.sent(created, {created.files[0].id: b"abc"})
    complete_files(office.ctx, who, head.id, done)
    assert complete_transfer(office.ctx, who, head.id, Completion()).state is State.CHECKING
    lines, _ = newest(office.ctx.records, [received_pk(TENANT, "hanako@acme.example")], limit=5)
    assert [one.id for one in lines] == [head.id]
    view = show_transfer(office.ctx, who, head.id)
    assert (view.inside, view.recipients) == (False, ())
    assert len(show_files(office.ctx, who, head.id, cursor=None, limit=5).files) == 1
    assert show_transfer(office.ctx, principal(), head.id).inside
    request = get_request(office.ctx.records, TENANT, made.request.id)
    assert (request.used_files, request.used_bytes, request.transfers) == (1, 3, 1)
    assert office.ctx.records.outbox[-1].data["actor"] == GUEST


def test_another_guest_of_the_request_sees_nothing_of_it() -> None:
    office = Office()
    made = asked(office)
    created = fill(office, guest(office, made.request.id), 3)
    other = replace(guest_of(made), id="rc_01kdv0000000000000000000b9")
    for act in (
        lambda: show_transfer(office.ctx, other, created.head.id),
        lambda: show_files(office.ctx, other, created.head.id, cursor=None, limit=1),
        lambda: complete_transfer(office.ctx, other, created.head.id, Completion()),
        lambda: complete_transfer(office.ctx, principal(), created.head.id, Completion()),
    ):
        with pytest.raises(NotFound):
            act()


def guest_of(made: RequestMade) -> Principal:
    return Principal(
        TenantId(TENANT),
        "guest",
        GUEST,
        SESSION,
        frozenset(),
        frozenset(GUEST_SCOPES),
        link="ln_x",
        link_subject=made.request.id,
    )


def test_limits_of_the_request_hold_over_all_uploads() -> None:
    office = Office()
    made = asked(office, max_files=3, max_bytes=10)
    who = guest(office, made.request.id)
    created = fill(office, who, 3, 3, more_files=True)
    for act in (
        lambda: fill(office, who, 1, 1),
        lambda: fill(office, who, 5),
        lambda: add_files(office.ctx, who, created.head.id, AddFiles((FileSpec(5, "x"),))),
    ):
        with pytest.raises(Refused, match="request_limit"):
            act()
    add_files(office.ctx, who, created.head.id, AddFiles((FileSpec(4, "x"),)))
    request = get_request(office.ctx.records, TENANT, made.request.id)
    assert (request.used_files, request.used_bytes) == (3, 10)


def test_a_guest_names_no_recipients_and_keeps_the_class() -> None:
    office = Office()
    made = asked(office)
    who = guest(office, made.request.id)
    with pytest.raises(Refused, match="recipients_not_allowed"):
        fill(office, who, 3, recipients=(RecipientSpec("a@example.com"),))
    with pytest.raises(Refused, match="class_not_allowed"):
        create_transfer(office.ctx, who, CreateTransfer(TransferClass.PLAIN, (FileSpec(1, "a"),)))


def test_closing_ends_it_for_guests() -> None:
    office = Office()
    made = asked(office)
    who = guest(office, made.request.id)
    with pytest.raises(NotFound):
        close_request(office.ctx, principal(OTHER), made.request.id)
    closed = close_request(office.ctx, principal(), made.request.id)
    assert closed == close_request(office.ctx, principal(ADMIN), made.request.id)
    with pytest.raises(Refused, match="gone"):
        fill(office, who, 3)
    assert show_request(office.ctx, principal(), made.request.id).url is None
    assert office.ctx.records.outbox[-1].type == "request.closed.v1"


def test_its_time_ends_it_without_anybody_writing() -> None:
    office = Office()
    made = asked(office, expires_in_minutes=30)
    who = guest(office, made.request.id)
    office.ctx.clock.advance(30 * 60_000 - 1)
    fill(office, who, 3)
    office.ctx.clock.advance(1)
    with pytest.raises(Refused, match="gone"):
        fill(office, who, 3)
    assert shown_state(made.request, office.ctx.clock.now) == ("closed", "expired")
    assert shown_state(made.request, office.ctx.clock.now - 1) == ("open", None)


def came(office: LivingOffice, request: str, who: str = MEMBER, **fields: object) -> list[str]:
    wanted = Wanted(**{"box": "received", "request": request, **fields})  # type: ignore[arg-type]
    page = list_transfers(office.ctx, principal(who), wanted, cursor=None, limit=50)
    assert page.cursor is None
    return [one.head.id for one in page.items]


def test_what_came_by_one_request_is_listed_for_who_asked() -> None:
    office = LivingOffice()
    one, other = asked(office).request.id, asked(office).request.id
    ids = [filled(office, request) for request in (one, other, one)]
    assert (came(office, one), came(office, other)) == ([ids[2], ids[0]], [ids[1]])
    assert came(office, one, states=frozenset({State.READY})) == [ids[2], ids[0]]
    assert came(office, one, query=ids[0]) == [ids[0]]
    recall_transfer(office.ctx, principal(), ids[0])
    office.settle()
    assert came(office, one, states=frozenset({State.DESTROYED})) == [ids[0]]
    assert came(office, one, states=frozenset({State.READY})) == [ids[2]]
    assert came(office, one) == [ids[2], ids[0]]
    assert came(office, one, ADMIN, box="all") == [ids[2], ids[0]]
    for who, box, request in (
        (OTHER, "received", one),
        (ADMIN, "received", one),
        (MEMBER, "sent", one),
        (MEMBER, "received", "rq_01kdv0000000000000000000zz"),
        (MEMBER, "received", "nonsense"),
        (MEMBER, "received", ids[0]),
    ):
        assert came(office, request, who, box=box) == []
    with pytest.raises(Refused, match="role_missing"):
        came(office, one, OTHER, box="all")


def test_what_came_by_a_request_costs_the_same_however_much_came_before() -> None:
    costs = []
    for before in (2, 60):
        office = LivingOffice()
        old, one = asked(office).request.id, asked(office).request.id
        for request in (one, *[old] * before):
            filled(office, request)
        office.ctx.records.calls.clear()
        assert len(came(office, one)) == len(came(office, one, states=frozenset({State.READY}))) == 1
        costs.append(dict(office.ctx.records.calls))
    assert costs[0] == costs[1]


def filled(office: LivingOffice, request: str) -> str:
    """A file that a guest sent by a request, and that the member who asked may take."""
    who = guest(office, request, office.ctx.ids.new("rc"), office.ctx.ids.new("gs"))
    made = fill(office, who, 3)
    done = office.sent(made, {made.files[0].id: b"abc"})
    complete_files(office.ctx, who, made.head.id, done)
    complete_transfer(office.ctx, who, made.head.id, Completion())
    office.work()
    assert office.head(made).state is State.READY
    return str(made.head.id)


def test_requests_are_listed_newest_first_for_their_owner_alone() -> None:
    office = Office()
    made = []
    for _ in range(3):
        made.append(asked(office).request.id)
        office.ctx.clock.advance(1)
    first, cursor = list_requests(office.ctx, principal(), cursor=None, limit=2)
    rest, end = list_requests(office.ctx, principal(), cursor=cursor, limit=2)
    assert [one.id for one in (*first, *rest)] == made[::-1]
    assert end is None
    assert list_requests(office.ctx, principal(OTHER), cursor=None, limit=2) == ([], None)
    assert show_request(office.ctx, principal(ADMIN), made[0]).url is None
    with pytest.raises(NotFound):
        show_request(office.ctx, principal(OTHER), made[0])
    with pytest.raises(NotFound):
        show_request(office.ctx, guest_of(RequestMade(first[0], None)), first[0].id)
