import pytest

from chalicelib.domain.errors import Conflict, Refused, StoreAway
from chalicelib.domain.events import Event
from chalicelib.stores.delivery_store import Delivery, get_delivery, list_deliveries
from chalicelib.use_cases.accounts.create_tenant import create_tenant
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.telling.send_mails import STALE_MS, send_mails
from tests.fakes.context import FakeContext

CODE = {
    "to": "guest@partner.example",
    "language": "en",
    "code": "12345678",
    "minutes": 10,
    "sender": {"name": "A", "company": "Acme"},
}


@pytest.fixture
def ctx() -> FakeContext:
    made = FakeContext()
    create_tenant(
        made,
        tenant_id="acme",
        name="Acme",
        base_url="https://files.acme.example",
        blob_base_url="https://files.acme.example",
        sender_address="no-reply@acme.example",
        language="en",
    )
    return made


def event_of(ctx: FakeContext, content: dict[str, object] | None, type_: str = "challenge.issued.v1") -> Event:
    return make_event(
        ctx, type=type_, tenant="acme", subject="tr_1", sequence=1, actor="system", data={}, notify=content
    )


def test_one_event_one_mail_however_often_it_comes(ctx: FakeContext) -> None:
    event = event_of(ctx, CODE)
    for _ in range(3):
        send_mails(ctx, event)
    [mail] = ctx.mail.sent
    assert mail.to == "guest@partner.example"
    assert mail.message_id == f"<{event.id}.0@acme.example>"
    assert mail.sender_address == "no-reply@acme.example"
    assert "1234 5678" in mail.text


def test_an_event_with_several_mails_sends_each(ctx: FakeContext) -> None:
    mails = [
        {"to": f"g{n}@partner.example", "language": "ja", "sender": CODE["sender"], "title": "t"} for n in range(3)
    ]
    event = event_of(ctx, {"mails": mails}, "transfer.closed.v1")
    send_mails(ctx, event)
    assert [mail.to for mail in ctx.mail.sent] == [f"g{n}@partner.example" for n in range(3)]
    assert len({mail.message_id for mail in ctx.mail.sent}) == 3


def test_other_events_and_events_without_content_mail_nothing(ctx: FakeContext) -> None:
    send_mails(ctx, event_of(ctx, None))
    send_mails(ctx, event_of(ctx, CODE, "guest.verified.v1"))
    assert ctx.mail.sent == []


def test_a_mail_system_that_is_away_brings_the_event_back_and_the_mail_leaves_once(ctx: FakeContext) -> None:
    event = event_of(ctx, CODE)
    ctx.mail.away = True
    for _ in range(2):
        with pytest.raises(StoreAway):
            send_mails(ctx, event)
    ctx.mail.away = False
    send_mails(ctx, event)
    send_mails(ctx, event)
    assert len(ctx.mail.sent) == 1
    delivery = get_delivery(ctx.records, "acme", event.id, 0)
    assert delivery is not None
    assert (delivery.state, delivery.attempts, delivery.kind) == ("sent", 3, "code")


def test_a_mail_refused_for_good_is_noted_and_not_tried_again(ctx: FakeContext) -> None:
    event = event_of(ctx, CODE)
    ctx.mail.refused.add("guest@partner.example")
    send_mails(ctx, event)
    send_mails(ctx, event)
    delivery = get_delivery(ctx.records, "acme", event.id, 0)
    assert delivery is not None
    assert (delivery.state, delivery.attempts) == ("failed", 1)


def test_a_crash_after_sending_sends_the_same_message_id_again_and_only_once_stale(ctx: FakeContext) -> None:
    event = event_of(ctx, CODE)
    writes = ctx.records.transact

    def crash_at_second(operations: object, events: object = ()) -> None:
        if ctx.mail.sent:
            raise KeyboardInterrupt
        writes(operations, events)  # type: ignore[arg-type]

    ctx.records.transact = crash_at_second  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        send_mails(ctx, event)
    ctx.records.transact = writes  # type: ignore[method-assign]
    with pytest.raises(Refused) as caught:
        send_mails(ctx, event)
    assert caught.value.code == "in_flight"
    ctx.clock.advance(STALE_MS)
    send_mails(ctx, event)
    assert [mail.message_id for mail in ctx.mail.sent] == [f"<{event.id}.0@acme.example>"] * 2


def test_of_two_workers_one_sends(ctx: FakeContext) -> None:
    event = event_of(ctx, CODE)
    writes = ctx.records.transact

    def lose(operations: object, events: object = ()) -> None:
        ctx.records.transact = writes  # type: ignore[method-assign]
        send_mails(ctx, event)
        raise Conflict

    ctx.records.transact = lose  # type: ignore[method-assign, assignment]
    send_mails(ctx, event)
    assert len(ctx.mail.sent) == 1


def test_no_address_and_no_word_of_a_mail_is_stored(ctx: FakeContext) -> None:
    event = event_of(ctx, {**CODE, "title": "secret title"})
    send_mails(ctx, event)
    found, cursor = list_deliveries(ctx.records, "acme", limit=10, cursor=None)
    assert (found, cursor) == ([Delivery(event.id, 0, "code", "sent", 1, ctx.clock.now_ms(), version=2)], None)
    stored = repr(ctx.records.__dict__)
    for secret in ("guest@partner.example", "12345678", "secret title"):
        assert secret not in stored


def test_an_unknown_tenant_gets_nothing(ctx: FakeContext) -> None:
    event = make_event(
        ctx, type="challenge.issued.v1", tenant="gone", subject="tr_1", sequence=1, actor="a", data={}, notify=CODE
    )
    send_mails(ctx, event)
    assert ctx.mail.sent == []
