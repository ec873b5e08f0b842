"""Events out of order, twice, late, and once more because their acknowledgement was lost: everybody is told once, and every end is reached."""

import collections
import random
from pathlib import Path

import pytest

from tests.e2e.support.waiting import wait_for
from tests.faults import judge
from tests.faults.line.line import Fair
from tests.faults.parcels import Office, Parcel, office
from tests.faults.seeded import rounds_of, seed_of_run
from tests.faults.tally import Record, Tally

UNRULY = "tests.faults.unruly_bus"
PLANTED = "tests.faults.planted.mails_each_time"
# Lost acknowledgements bring an event again after its lease; the chain of the audit log is written last.
SLOWEST = 120
pytestmark = pytest.mark.slow


def run(folder: Path, tally: Tally, rounds: int, module: str) -> None:
    log = folder / "unruly.log"
    how = {"UNRULY_SEED": str(tally.seed), "UNRULY_LOG": str(log)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in how.items():
            patch.setenv(name, value)
        with office(folder, module=module) as place:
            for number in range(rounds):
                chance = random.Random(f"{tally.seed}/events/{number}")
                with tally.round(number):
                    parcel = Parcel.small(folder, number, chance)
                    place.send(parcel, Fair())
                    place.fetch(parcel, place.link(parcel), Fair())
                    place.recall(parcel)
            for parcel in place.sent:
                with tally.end(parcel.number):
                    require_told_once(place, parcel)
            with tally.end(rounds):
                place.close()
            tally.met = len(log.read_text().splitlines())
    tally.conclude()


def require_told_once(place: Office, parcel: Parcel) -> None:
    """One mail of each kind, one entry of each action, one certificate."""
    judge.wait_for_state(place.api, parcel.transfer, ("destroyed",), seconds=SLOWEST)
    judge.require_certificate(place.install, place.api, parcel.transfer, "revoked", seconds=SLOWEST)
    entries = wait_for(lambda: _audited(place, parcel.transfer), "the audit log tells of its end", seconds=SLOWEST)
    doubled = [entry for entry, count in collections.Counter(one["id"] for one in entries).items() if count > 1]
    assert not doubled, f"{len(doubled)} entries stand in the audit log twice"
    actions = collections.Counter(one["action"] for one in entries)
    for action in ("transfer.created", "transfer.completed", "transfer.ready", "transfer.destroyed"):
        assert actions[action] == 1, f"{action}: {actions[action]} entries"
    invited = [one for one in place.install.letters(parcel.address) if one.link]
    assert len(invited) == 1, f"{len(invited)} mails with a link to {parcel.address}"


def _audited(place: Office, transfer: str) -> list[dict[str, str]]:
    found, cursor = [], None
    while True:
        page = place.api.get("/reporting/v1/audit", subject=transfer, limit=100, cursor=cursor)
        found += page["items"]
        cursor = page.get("next")
        if not cursor:
            return found if any(one["action"] == "transfer.destroyed" for one in found) else []


def test_events_that_come_twice_late_and_out_of_order_do_no_harm(tmp_path: Path, record_property: Record) -> None:
    run(tmp_path, Tally("events", seed_of_run(), record_property), rounds_of(), UNRULY)


def test_a_mailer_that_keeps_no_note_is_found_out(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="mails with a link"):
        run(tmp_path, Tally("events, mailed each time", 1, lambda *_: None), 3, PLANTED)
