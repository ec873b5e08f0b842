"""What a consumer has leased and not begun, in two lanes: mails that nobody waits for go one at a time and leave the other threads free."""

from collections import deque

from chalicelib.domain.event_interest import patient
from chalicelib.ports.event_bus import Delivery


class Waiting:
    """Not for several threads at once: the consumer's lock is held around each call. Moments are those of ``time.monotonic``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: deque[tuple[Delivery, float]] = deque()
        self._patient: deque[tuple[Delivery, float]] = deque()
        self._busy: str | None = None

    def __len__(self) -> int:
        return len(self._first) + len(self._patient)

    @property
    def ready(self) -> bool:
        """Whether a thread that looks now may find something to begin."""
        return bool(self._first) or (bool(self._patient) and self._busy is None)

    def put(self, delivery: Delivery, until: float) -> None:
        """It may be begun before ``until``; after that it is left to whoever leases it next."""
        lane = self._patient if patient(self._name, delivery.event) else self._first
        lane.append((delivery, until))

    def next(self, now: float) -> Delivery | None:
        """The next to begin; a patient one is under way until ``ended``."""
        found = _fresh(self._first, now)
        if found is None and self._busy is None:
            found = _fresh(self._patient, now)
            self._busy = None if found is None else found.event.id
        return found

    def ended(self, event_id: str) -> None:
        """This event is done or failed."""
        if self._busy == event_id:
            self._busy = None

    def pop(self) -> Delivery | None:
        """Any of them, to be given back."""
        lane = self._first or self._patient
        return lane.popleft()[0] if lane else None


def _fresh(lane: deque[tuple[Delivery, float]], now: float) -> Delivery | None:
    while lane:
        delivery, until = lane.popleft()
        if now < until:
            return delivery
    return None
