import pytest

from chalicelib.domain.errors import Conflict, FieldProblem, NotFound, Refused, StoreAway, StoreFull, refuse_field
from chalicelib.domain.ids import TenantId
from chalicelib.domain.principal import Kind, Principal


def who(
    kind: Kind = "member", *, roles: set[str] | None = None, scopes: set[str] | None = None, subject: str | None = None
) -> Principal:
    return Principal(
        TenantId("acme"), kind, "mb_1", "se_1", frozenset(roles or ()), frozenset(scopes or ()), link_subject=subject
    )


def test_one_of_the_roles_is_enough() -> None:
    who(roles={"auditor"}).require_role("admin", "auditor")
    with pytest.raises(Refused) as caught:
        who(roles={"member"}).require_role("admin", "auditor")
    assert (caught.value.code, caught.value.detail) == ("role_missing", "Your account has no role that allows this.")


def test_a_scope_or_the_star() -> None:
    who(scopes={"transfers:read"}).require_scope("transfers:read")
    who(scopes={"*"}).require_scope("transfers:read")
    with pytest.raises(Refused) as caught:
        who(scopes={"transfers:write"}).require_scope("transfers:read")
    assert (caught.value.code, caught.value.detail) == ("scope_missing", "This token lacks the scope transfers:read.")


def test_routes_of_members_do_not_exist_for_guests() -> None:
    who("member").require_member()
    who("service").require_member()
    with pytest.raises(NotFound):
        who("guest").require_member()


def test_a_guest_reaches_what_the_link_leads_to_and_nothing_else() -> None:
    who("guest", subject="tr_1").require_guest_of("tr_1")
    for other in (who("guest", subject="tr_2"), who("guest"), who("member", subject="tr_1")):
        with pytest.raises(NotFound):
            other.require_guest_of("tr_1")


@pytest.mark.parametrize(
    ("error", "code", "detail", "retry_after"),
    [
        (NotFound(), "not_found", "There is nothing at this address for you.", None),
        (NotFound("x"), "not_found", "x", None),
        (Conflict(), "conflict", "Somebody else changed this at the same moment.", None),
        (StoreFull(), "store_full", "The store has no room left.", None),
        (StoreFull("x"), "store_full", "x", None),
        (StoreAway(), "store_away", "The store does not answer.", 5),
        (StoreAway("x", 9), "store_away", "x", 9),
        (Refused("a", "b", retry_after=3), "a", "b", 3),
        (Refused("a"), "a", "", None),
    ],
)
def test_refusals_carry_code_sentence_and_pause(
    error: Refused, code: str, detail: str, retry_after: int | None
) -> None:
    assert (error.code, error.detail, error.retry_after, error.errors) == (code, detail, retry_after, ())
    assert str(error) == (f"{code}: {detail}" if detail else code)


def test_a_conflict_names_the_positions_that_failed() -> None:
    assert Conflict("x", (1, 2)).failed == (1, 2)
    assert Conflict().failed == ()


def test_a_field_at_fault_is_pointed_at() -> None:
    refused = refuse_field("name_invalid", "/files/0/name", "A file needs a name.")
    assert refused.code == "name_invalid"
    assert refused.detail == "A file needs a name."
    assert refused.errors == (FieldProblem("/files/0/name", "name_invalid", "A file needs a name."),)
