from dataclasses import replace

import pytest

from chalicelib.domain.account import (
    Admins,
    Member,
    MemberState,
    SecondFactor,
    activated,
    admins_after,
    checked_name,
    checked_roles,
    removed,
    require_active,
)
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import ROLES

INVITED = Member(
    "mb_x",
    TenantId("acme"),
    "a@b.example",
    "Hanako",
    ("member",),
    "ja",
    MemberState.INVITED,
    5,
    invitation_hash="h",
    invitation_expires_at=9,
    version=3,
)


def test_names_are_one_to_a_hundred_printable_characters() -> None:
    assert checked_name("  山田 花子 ") == "山田 花子"
    assert checked_name("x") == "x"
    assert checked_name("x" * 100) == "x" * 100
    for name in ("", "   ", "x" * 101, "a\x00b", "a\u202eb"):
        with pytest.raises(Refused) as refused:
            checked_name(name)
        assert refused.value.code == "name_wrong"
        assert refused.value.errors[0].pointer == "/name"


def test_roles_are_known_sorted_and_at_least_one() -> None:
    assert checked_roles(("member", "admin", "member")) == ("admin", "member")
    assert checked_roles(ROLES) == ("admin", "approver", "auditor", "member")
    for roles in ((), ("member", "root")):
        with pytest.raises(Refused) as refused:
            checked_roles(roles)
        assert refused.value.code == "role_unknown"
        assert refused.value.errors[0].pointer == "/roles"


def test_an_invitation_is_accepted_once() -> None:
    active = activated(INVITED, "hash")
    assert (active.state, active.password_hash) == (MemberState.ACTIVE, "hash")
    assert (active.invitation_hash, active.invitation_expires_at, active.version) == (None, None, 3)
    require_active(active)
    with pytest.raises(Refused) as refused:
        activated(active, "other")
    assert refused.value.code == "invitation_invalid"


@pytest.mark.parametrize("state", [MemberState.INVITED, MemberState.REMOVED])
def test_only_active_accounts_are_used(state: MemberState) -> None:
    with pytest.raises(Refused) as refused:
        require_active(replace(INVITED, state=state))
    assert refused.value.code == "token_invalid"


def test_removal_leaves_nothing_personal_or_secret() -> None:
    full = replace(activated(INVITED, "hash"), second_factor=SecondFactor("s", confirmed=True, last_step=1))
    assert removed(full) == Member("mb_x", TenantId("acme"), "", "", (), "ja", MemberState.REMOVED, 5, version=3)


def test_a_second_factor_counts_once_confirmed() -> None:
    assert not INVITED.has_totp
    for confirmed in (True, False):
        factor = SecondFactor("s", confirmed=confirmed, last_step=0)
        assert replace(INVITED, second_factor=factor).has_totp is confirmed


def test_one_admin_stays() -> None:
    two = Admins(frozenset({"a", "b"}), 4)
    assert admins_after(two, "a", is_admin=False) == Admins(frozenset({"b"}), 4)
    assert admins_after(two, "c", is_admin=True) == Admins(frozenset({"a", "b", "c"}), 4)
    assert admins_after(two, "c", is_admin=False) == two
    with pytest.raises(Refused) as refused:
        admins_after(Admins(frozenset({"a"})), "a", is_admin=False)
    assert refused.value.code == "last_admin"
