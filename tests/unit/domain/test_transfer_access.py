from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.approval import require_approver, require_awaiting
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.policy import STATE_OF, judge, strictest
from chalicelib.domain.principal import Principal
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer import Scan, State, Transfer, TransferClass
from chalicelib.domain.transfer_access import (
    require_change_right,
    require_owner,
    require_uploader,
    require_viewer,
)
from tests.unit.domain.transfers import transfer

SENT = transfer(state=State.READY, ready_at=1)
FILLED = transfer(request="rq_one", uploader="rc_me", state=State.READY, ready_at=1)


def member(name: str, *roles: str) -> Principal:
    return Principal(TenantId("acme"), "member", name, "se_x", frozenset(roles))


def guest(name: str, subject: str) -> Principal:
    return Principal(TenantId("acme"), "guest", name, "gs_x", frozenset(), link="ln_x", link_subject=subject)


OWNER, STRANGER = member("mb_owner", "member"), member("mb_other", "member")
ADMIN, AUDITOR = member("mb_admin", "admin"), member("mb_audit", "auditor")


def allowed(act: Callable[[], None]) -> bool:
    try:
        act()
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(
    ("head", "who", "may"),
    [
        (SENT, OWNER, True),
        (SENT, STRANGER, False),
        (SENT, ADMIN, False),
        (SENT, guest("rc_me", SENT.id), False),
        (FILLED, OWNER, False),
        (FILLED, guest("rc_me", "rq_one"), True),
        (FILLED, guest("rc_other", "rq_one"), False),
        (FILLED, guest("rc_me", "rq_two"), False),
        (replace(FILLED, request=None), guest("rc_me", "rq_one"), False),
        (replace(FILLED, uploader=None), guest("rc_me", "rq_one"), False),
    ],
)
def test_who_uploads(head: Transfer, who: Principal, may: bool) -> None:
    assert allowed(lambda: require_uploader(head, who)) is may


def test_no_guest_without_a_subject_uploads() -> None:
    lost = replace(guest("rc_me", "x"), link_subject=None)
    assert not allowed(lambda: require_uploader(replace(FILLED, request=None), lost))


@pytest.mark.parametrize(
    ("who", "owns", "changes"),
    [
        (OWNER, True, True),
        (STRANGER, False, False),
        (ADMIN, False, True),
        (AUDITOR, False, False),
        (guest("mb_owner", SENT.id), False, False),
        (replace(guest("rc_me", SENT.id), roles=frozenset({"admin"})), False, False),
    ],
)
def test_who_owns_and_who_changes(who: Principal, owns: bool, changes: bool) -> None:
    assert allowed(lambda: require_owner(SENT, who)) is owns
    assert allowed(lambda: require_change_right(SENT, who)) is changes


@pytest.mark.parametrize(
    ("head", "who", "addressed", "may"),
    [
        (SENT, OWNER, False, True),
        (SENT, ADMIN, False, True),
        (SENT, AUDITOR, False, True),
        (SENT, STRANGER, False, False),
        (SENT, STRANGER, True, True),
        (replace(SENT, ready_at=None, state=State.HELD), STRANGER, True, False),
        (SENT, guest("rc_x", SENT.id), False, True),
        (SENT, guest("rc_x", "tr_other"), False, False),
        (FILLED, guest("rc_me", "rq_one"), False, True),
        (FILLED, guest("rc_other", "rq_one"), False, False),
        (FILLED, guest("rc_me", "rq_two"), False, False),
    ],
)
def test_who_sees(head: Transfer, who: Principal, addressed: bool, may: bool) -> None:
    assert allowed(lambda: require_viewer(head, who, 999, addressed=addressed)) is may


@pytest.mark.parametrize(("who", "addressed"), [(guest("rc_x", SENT.id), False), (STRANGER, True)])
def test_recipients_see_nothing_after_the_end(who: Principal, addressed: bool) -> None:
    with pytest.raises(Refused, match="gone"):
        require_viewer(SENT, who, 1_000, addressed=addressed)


def test_owner_and_uploader_see_it_after_the_end() -> None:
    require_viewer(SENT, OWNER, 1_000, addressed=False)
    require_viewer(FILLED, guest("rc_me", "rq_one"), 1_000, addressed=False)


def test_nobody_approves_their_own() -> None:
    approver = member("mb_boss", "approver")
    require_approver(SENT, approver)
    with pytest.raises(Refused) as caught:
        require_approver(SENT, member("mb_owner", "approver"))
    assert (caught.value.code, caught.value.detail) == ("self_approval", "Somebody else must approve what you send.")
    with pytest.raises(Refused, match="role_missing"):
        require_approver(SENT, STRANGER)
    with pytest.raises(NotFound):
        require_approver(SENT, replace(guest("rc_x", SENT.id), roles=frozenset({"approver"})))


def test_only_what_waits_is_approved() -> None:
    require_awaiting(transfer(state=State.AWAITING_APPROVAL))
    with pytest.raises(Refused) as caught:
        require_awaiting(SENT)
    assert (caught.value.code, caught.value.detail) == (
        "state_wrong",
        "A transfer that is ready waits for no approval.",
    )


def test_the_strictest_rule_wins() -> None:
    assert strictest([]) == "allow"
    assert strictest(["allow", "approve", "allow"]) == "approve"
    assert strictest(["block", "approve"]) == "block"
    assert {rule: str(state) for rule, state in STATE_OF.items()} == {
        "allow": "held",
        "approve": "awaiting_approval",
        "block": "blocked",
    }


def test_settings_are_the_first_rules() -> None:
    strict = Tenant(
        TenantId("acme"),
        "A",
        "https://a.example",
        "https://b.example",
        "x@a.example",
        unscannable="block",
        sealed="approve",
    )
    managed, sealed = transfer(), transfer(transfer_class=TransferClass.SEALED)
    assert judge(strict, managed, Scan.CLEAN) == "allow"
    assert judge(strict, managed, Scan.NOT_SCANNED) == "allow"
    assert judge(strict, managed, Scan.UNSCANNABLE) == "block"
    assert judge(strict, sealed, Scan.UNSCANNABLE) == "approve"
    assert judge(strict, sealed, Scan.CLEAN) == "approve"
