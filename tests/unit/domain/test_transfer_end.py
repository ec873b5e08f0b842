"""Why a transfer is no longer here, as far as guests are told."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.transfer import Reason, State, move, require_open
from tests.unit.use_cases.living import LivingOffice


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.EXHAUSTED, ["exhausted"]),
        (Reason.EXPIRED, ["expired"]),
        (Reason.INFECTED, []),
        (Reason.REVOKED, ["revoked"]),
    ],
)
def test_guests_are_told_the_reasons_that_are_theirs_to_know(reason: Reason, told: list[str]) -> None:
    office = LivingOffice()
    ready = office.head(office.ready([b"abc"]))
    closed = move(ready, State.CLOSED, now=1, reason=reason)
    with pytest.raises(Refused) as refused:
        require_open(closed, 1)
    assert refused.value.code == "gone"
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("", code) for code in told]


def test_a_transfer_whose_time_has_come_is_expired_before_its_sweeper() -> None:
    office = LivingOffice()
    ready = office.head(office.ready([b"abc"]))
    with pytest.raises(Refused) as refused:
        require_open(ready, ready.expires_at)
    assert [one.code for one in refused.value.errors] == ["expired"]
