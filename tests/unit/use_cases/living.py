"""What tests of the living side share: an office whose worker and sweeper run by hand, and guests of its transfers."""

from dataclasses import dataclass, replace

from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import Client, Session, life_end
from chalicelib.domain.transfer import State, Transfer, TransferClass
from chalicelib.ports.record_store import ANY, Key, Put
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.stores.session_store import new_session
from chalicelib.stores.transfer_store import get_transfer, transfer_put
from chalicelib.use_cases.clearing.on_transfer_event import on_transfer_event
from chalicelib.use_cases.ending.issue_certificates import issue_certificates
from chalicelib.use_cases.ending.sweep import Swept, sweep
from chalicelib.use_cases.sending.answer_create import Created
from chalicelib.use_cases.sending.complete_files import complete_files
from chalicelib.use_cases.sending.complete_transfer import Completion, complete_transfer
from chalicelib.use_cases.sending.create_command import FileSpec
from fumibako_format.slots import link_slot
from tests.fakes.context import FakeContext
from tests.unit.use_cases.sending import TENANT, Office, principal


@dataclass
class LivingOffice(Office):
    """``work`` hands every event of the outbox to the transfers consumer, until none is left."""

    def work(self) -> list[Event]:
        seen: list[Event] = []
        while self.ctx.records.outbox:
            events = list(self.ctx.records.outbox)
            self.ctx.records.outbox.clear()
            for event in events:
                on_transfer_event(self.ctx, event)
            seen += events
        return seen

    def sweep(self) -> Swept:
        return sweep(self.ctx, holder="test")

    def settle(self) -> list[Event]:
        """Sweep, work and certify until nothing moves."""
        seen = self.work()
        for _ in range(3):
            self.sweep()
            seen += self.work()
        issue_certificates(self.ctx)
        return seen

    def ready(self, contents: list[bytes], **fields: object) -> Created:
        """A transfer that its recipients were invited to."""
        created = self.send(contents, **{"hold_minutes": 0, **fields})
        self.work()
        assert self.head(created).state is State.READY
        return created

    def send_sealed(self, contents: list[bytes], **fields: object) -> Created:
        """A sealed transfer, handed over; the server learns neither key nor names."""
        key = self.ctx.ids.random(32)
        specs = tuple(FileSpec(len(one)) for one in contents)
        slot, _ = link_slot(key, "tr_01kdv0000000000000000000a1", self.ctx.ids.random)
        fields = {"transfer_class": TransferClass.SEALED, "hold_minutes": 0, **fields}
        created = self.create(specs, **fields)
        told = replace(created, key=key)
        done = self.sent(told, {entry.id: one for entry, one in zip(created.files, contents, strict=True)})
        complete_files(self.ctx, principal(), created.head.id, done)
        complete_transfer(self.ctx, principal(), created.head.id, Completion(slots=(slot,)))
        return created

    def verified(self, created: Created, recipient: str) -> None:
        """What the auth service says when a guest proved who they are."""
        head = self.head(created)
        data = {"actor": recipient, "recipient": recipient, "link": "ln_x", "proof": "code"}
        event = Event(self.ctx.ids.new("ev"), "guest.verified.v1", TENANT, head.id, head.version, 0, data)
        on_transfer_event(self.ctx, event)

    def head_of(self, transfer: str) -> Transfer:
        return get_transfer(self.ctx.records, TENANT, transfer)

    def write(self, head: Transfer, **changes: object) -> None:
        """What another use case would have changed."""
        self.ctx.records.transact([transfer_put(replace(head, **changes))])  # type: ignore[arg-type]

    def text(self, transfer: str, sk: str) -> str:
        """The stored text of one record of a transfer."""
        return self.ctx.records.rows[Key(f"{TENANT}#tr#{transfer}", sk)].text

    def guest_of(self, recipient: str, transfer: str) -> Principal:
        return guest_principal(recipient, transfer)

    def guest(self, created: Created, number: int = 0, sign_in: str = "gs_1") -> Principal:
        recipient = get_recipients(self.ctx.records, TENANT, created.head.id)[number]
        return guest_principal(recipient.id, created.head.id, sign_in)


def guest_principal(recipient: str, subject: str, sign_in: str = "gs_1") -> Principal:
    return Principal(
        TENANT,  # type: ignore[arg-type]
        "guest",
        recipient,
        sign_in,
        frozenset(),
        frozenset({"transfers:read", "transfers:write"}),
        link="ln_x",
        link_subject=subject,
    )


def signed_in(ctx: FakeContext, who: Principal) -> Principal:
    """The session behind a principal, as signing in writes it."""
    client = Client.GUEST if who.kind == "guest" else Client.CLI
    now = ctx.clock.now_ms()
    session = Session(who.session, who.tenant, who.kind, who.id, client, now, now, life_end(client, now))
    ctx.records.transact([replace(one, expect=ANY) for one in new_session(session, None) if isinstance(one, Put)])
    return who


def types(events: list[Event]) -> list[str]:
    return [event.type.removesuffix(".v1") for event in events]
