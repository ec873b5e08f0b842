import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.transfer import (
    CUTS_SESSIONS,
    MOVES,
    REASONS,
    Reason,
    Scan,
    State,
    TransferClass,
    effective,
    expired,
    move,
    require_open,
    require_uploading,
)
from tests.unit.domain.transfers import transfer

WAYS = {
    State.UPLOADING: "checking closed",
    State.CHECKING: "blocked quarantined awaiting_approval held closed",
    State.BLOCKED: "closed",
    State.QUARANTINED: "awaiting_approval held closed",
    State.AWAITING_APPROVAL: "held closed",
    State.HELD: "ready closed",
    State.READY: "closed",
    State.CLOSED: "destroying",
    State.DESTROYING: "destroyed",
    State.DESTROYED: "",
}
WHY = {
    State.UPLOADING: "abandoned revoked expired",
    State.READY: "expired exhausted revoked infected",
    **dict.fromkeys(
        (State.CHECKING, State.BLOCKED, State.QUARANTINED, State.AWAITING_APPROVAL, State.HELD),
        "revoked rejected infected expired",
    ),
}


def test_the_machine_has_exactly_these_ways() -> None:
    assert {one: set(WAYS[one].split()) for one in State} == {one: {str(to) for to in MOVES[one]} for one in State}
    assert {one: set(why.split()) for one, why in WHY.items()} == {
        one: {str(r) for r in r_} for one, r_ in REASONS.items()
    }


def test_words_are_those_of_the_wire() -> None:
    assert [str(one) for one in TransferClass] == ["managed", "sealed", "plain"]
    assert [str(one) for one in Scan] == ["pending", "clean", "not_scanned", "unscannable", "infected"]
    assert [str(one) for one in Reason] == ["expired", "exhausted", "revoked", "rejected", "infected", "abandoned"]
    assert {str(one) for one in CUTS_SESSIONS} == {"expired", "revoked", "rejected", "infected"}


@pytest.mark.parametrize("here", list(State))
@pytest.mark.parametrize("to", list(State))
def test_every_other_move_is_refused(here: State, to: State) -> None:
    head = transfer(state=here)
    reason = next(iter(sorted(REASONS.get(here, ())))) if to is State.CLOSED and here in REASONS else None
    if to in MOVES[here]:
        assert move(head, to, now=5, reason=reason).state is to
        return
    with pytest.raises(Refused) as caught:
        move(head, to, now=5, reason=reason)
    assert (caught.value.code, caught.value.detail) == ("state_wrong", f"A transfer that is {here} can't become {to}.")


@pytest.mark.parametrize("here", list(WHY))
@pytest.mark.parametrize("reason", list(Reason))
def test_reasons_fit_their_states(here: State, reason: Reason) -> None:
    head = transfer(state=here)
    if reason in REASONS[here]:
        closed = move(head, State.CLOSED, now=7, reason=reason)
        assert (closed.reason, closed.closed_at, closed.version) == (reason, 7, head.version)
        return
    with pytest.raises(Refused) as caught:
        move(head, State.CLOSED, now=7, reason=reason)
    assert caught.value.detail == f"A transfer that is {here} can't be closed as {reason}."


def test_a_reason_stands_with_closing_and_only_there() -> None:
    for to, reason in ((State.CHECKING, Reason.REVOKED), (State.CLOSED, None)):
        with pytest.raises(Refused) as caught:
            move(transfer(), to, now=1, reason=reason)
        assert (caught.value.code, caught.value.detail) == (
            "state_wrong",
            "A transfer is closed for a reason, and only then.",
        )


def test_moments_are_noted_with_their_moves() -> None:
    checking = move(transfer(), State.CHECKING, now=3)
    assert (checking.completed_at, checking.ready_at, checking.closed_at) == (3, None, None)
    held = move(checking, State.HELD, now=4)
    assert (held.completed_at, held.ready_at) == (3, None)
    ready = move(held, State.READY, now=5)
    assert (ready.ready_at, ready.open_for_guests, held.open_for_guests) == (5, True, False)
    closed = move(ready, State.CLOSED, now=6, reason=Reason.EXHAUSTED)
    assert (closed.closed_at, closed.completed_at, closed.ready_at) == (6, 3, 5)
    destroying = move(closed, State.DESTROYING, now=7)
    assert (destroying.reason, destroying.closed_at) == (Reason.EXHAUSTED, 6)


def test_the_very_moment_of_expiry_belongs_to_the_past() -> None:
    head = transfer(state=State.READY, expires_at=1_000)
    assert (expired(head, 999), expired(head, 1_000)) == (False, True)
    require_open(head, 999)
    for act in (lambda: require_open(head, 1_000), lambda: require_open(transfer(state=State.HELD), 1)):
        with pytest.raises(Refused) as caught:
            act()
        assert (caught.value.code, caught.value.detail) == ("gone", "This transfer is no longer here.")


@pytest.mark.parametrize("state", list(State))
def test_parts_are_taken_while_uploading_only(state: State) -> None:
    head = transfer(state=state)
    if state is State.UPLOADING:
        require_uploading(head, 999)
    over = state in (State.CLOSED, State.DESTROYING, State.DESTROYED)
    if state is not State.UPLOADING:
        with pytest.raises(Refused) as caught:
            require_uploading(head, 999)
        detail = (
            "This transfer is no longer here."
            if over
            else "This transfer was already completed; its files can't change any more."
        )
        assert (caught.value.code, caught.value.detail) == ("gone" if over else "state_wrong", detail)
    with pytest.raises(Refused) as caught:
        require_uploading(head, 1_000)
    assert (caught.value.code, caught.value.detail) == ("gone", "This transfer is no longer here.")


@pytest.mark.parametrize("state", list(State))
def test_what_has_expired_is_shown_as_closed(state: State) -> None:
    head = transfer(state=state)
    assert effective(head, 999) == head
    shown = effective(head, 1_500)
    if state in (State.CLOSED, State.DESTROYING, State.DESTROYED):
        assert shown == head
    else:
        assert (shown.state, shown.reason, shown.closed_at) == (State.CLOSED, Reason.EXPIRED, 1_000)
