from dataclasses import replace

import pytest

from chalicelib.domain.certificate import destroyed, recoverable_until, require_absent, verifiable_from
from chalicelib.domain.errors import Refused
from chalicelib.domain.reminder import reminder_at
from chalicelib.domain.timestamps import rfc3339, rfc3339_or_none
from chalicelib.domain.transfer import Reason, State
from tests.unit.domain.test_verdicts import NOW, checking

DAY = 86_400_000
HOUR = 3_600_000


def test_recoverable_until_is_the_end_of_the_last_backup() -> None:
    assert recoverable_until(NOW, 35) == NOW + 35 * DAY
    assert recoverable_until(NOW, 0) == NOW


def test_absence_is_judged_after_the_last_signed_put() -> None:
    head = checking(put_urls_until=NOW)
    assert verifiable_from(head, late_puts=True) == NOW + 1
    assert verifiable_from(head, late_puts=False) == 0
    assert verifiable_from(replace(head, put_urls_until=0), late_puts=True) == 0


def test_uploads_in_parts_that_were_completed_take_no_late_part() -> None:
    head = checking(put_urls_until=NOW, completed_at=NOW - 1)
    assert verifiable_from(head, late_puts=True) == 0
    assert verifiable_from(replace(head, single_puts=1), late_puts=True) == NOW + 1
    assert verifiable_from(replace(head, completed_at=None), late_puts=True) == NOW + 1


def test_nothing_may_be_left() -> None:
    require_absent(0, 0)
    for left, keys in ((1, 0), (0, 1)):
        with pytest.raises(Refused, match="not_yet_absent"):
            require_absent(left, keys)


def test_destroyed_keeps_dates_and_forgets_words() -> None:
    head = checking(
        state=State.DESTROYING,
        reason=Reason.EXPIRED,
        title="t",
        message="m",
        slots=({"v": 1},),
        passphrase_auth_hash="h",
        put_urls_until=5,
    )
    done = destroyed(head, destroyed_at=NOW, verified_at=NOW + 2, backup_days=1, late_puts=True)
    assert (done.state, done.reason) == (State.DESTROYED, Reason.EXPIRED)
    assert (done.destroyed_at, done.verified_absent_at, done.backups_until) == (NOW, NOW + 2, NOW + DAY)
    assert (done.title, done.message, done.slots, done.passphrase_auth_hash) == ("", "", (), None)
    assert done.put_urls_until == 5
    assert destroyed(head, destroyed_at=1, verified_at=2, backup_days=0, late_puts=False).put_urls_until == 0
    with pytest.raises(Refused, match="state_wrong"):
        destroyed(checking(), destroyed_at=1, verified_at=2, backup_days=0, late_puts=False)


def test_reminders() -> None:
    assert reminder_at(NOW, NOW + 2 * HOUR - 1) is None
    assert reminder_at(NOW, NOW + 2 * HOUR) == NOW + HOUR
    assert reminder_at(NOW, NOW + 48 * HOUR - 2) == NOW + 24 * HOUR - 1
    assert reminder_at(NOW, NOW + 48 * HOUR) == NOW + 24 * HOUR
    assert reminder_at(NOW, NOW + 100 * HOUR) == NOW + 76 * HOUR


def test_times_on_the_wire_have_one_width() -> None:
    assert rfc3339(NOW) == "2026-01-01T00:00:00.000Z"
    assert rfc3339(NOW + 61_007) == "2026-01-01T00:01:01.007Z"
    assert rfc3339_or_none(None) is None
    assert rfc3339_or_none(NOW) == "2026-01-01T00:00:00.000Z"
