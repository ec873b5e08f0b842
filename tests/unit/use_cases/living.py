"""What tests of the living side share: an office whose worker and sweeper run by hand, and guests of its transfers."""

from dataclasses import dataclass

from chalicelib.domain.events import Event
from chalicelib.domain.principal import Principal
from chalicelib.domain.transfer import State
from chalicelib.stores.recipients_store import get_recipients
from chalicelib.use_cases.answer_create import Created
from chalicelib.use_cases.issue_certificates import issue_certificates
from chalicelib.use_cases.on_transfer_event import on_transfer_event
from chalicelib.use_cases.sweep import Swept, sweep
from tests.unit.use_cases.sending import TENANT, Office


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


def types(events: list[Event]) -> list[str]:
    return [event.type.removesuffix(".v1") for event in events]
