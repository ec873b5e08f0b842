"""An address of the compatible download ends with the sign-in that asked for it, whoever signed in and however that ended."""

from collections.abc import Callable

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.principal import Principal
from chalicelib.domain.session import revoked
from chalicelib.ports.record_store import ANY, Delete
from chalicelib.stores.session_store import changed_session, get_session, session_key
from chalicelib.stores.token_store import delete_service_account, get_service_account
from chalicelib.use_cases.accounts.administer import remove_member
from chalicelib.use_cases.accounts.authorize import authorize
from chalicelib.use_cases.accounts.own_tokens import (
    CreateToken,
    create_personal_token,
    create_service_account,
    revoke_personal_token,
)
from chalicelib.use_cases.accounts.still_signed_in import still_signed_in
from chalicelib.use_cases.receiving.issue_fetch_address import issue_fetch_address
from chalicelib.use_cases.receiving.open_fetch import open_fetch, require_fetch_open
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from tests.unit.use_cases.living import LivingOffice, guest_principal, signed_in
from tests.unit.use_cases.sending import ADMIN, MEMBER, TENANT, principal

DAY = 24 * 3_600_000
# The ids of a session and a program, as the real ones are made.
SESSION = "se_01kdv0000000000000000000b1"
GUEST = "gs_01kdv0000000000000000000b2"
Ending = Callable[[LivingOffice, Principal], None]


def member() -> Principal:
    who = principal()
    return Principal(who.tenant, "member", who.id, SESSION, who.roles, who.scopes)


def by_session(office: LivingOffice) -> Principal:
    return signed_in(office.ctx, member())


def by_token(office: LivingOffice) -> Principal:
    _, bearer = create_personal_token(office.ctx, member(), CreateToken("ci", ("transfers:read", "transfers:write")))
    return authorize(office.ctx, bearer).principal


def sign_out(office: LivingOffice, who: Principal) -> None:
    session = get_session(office.ctx.records, TENANT, who.session)
    office.ctx.records.transact([changed_session(revoked(session, office.ctx.clock.now_ms()))])


def forget(office: LivingOffice, who: Principal) -> None:
    office.ctx.records.transact([Delete(session_key(TENANT, who.session), ANY)])


def leave(office: LivingOffice, who: Principal) -> None:
    remove_member(office.ctx, principal(ADMIN), who.id)


def revoke(office: LivingOffice, who: Principal) -> None:
    revoke_personal_token(office.ctx, who, who.session)


def address(office: LivingOffice, who: Principal) -> str:
    created = office.ready([b"abc"])
    session = start_download(office.ctx, who, StartDownload(created.head.id)).session
    issued = issue_fetch_address(
        office.ctx, who, transfer=created.head.id, session=session, files=(created.files[0].id,)
    )
    return issued.url.rsplit("/", 1)[1]


def ended(office: LivingOffice, token: str) -> list[str]:
    codes = []
    for act in (open_fetch, require_fetch_open):
        with pytest.raises(Refused) as caught:
            act(office.ctx, token)
        codes.append(caught.value.code)
    return codes


@pytest.mark.parametrize(
    ("sign_in", "end"),
    [
        (by_session, sign_out),
        (by_session, forget),
        (by_session, leave),
        (by_token, revoke),
        (by_token, leave),
    ],
    ids=lambda act: act.__name__,
)
def test_it_ends_with_the_sign_in(sign_in: Callable[[LivingOffice], Principal], end: Ending) -> None:
    office = LivingOffice()
    who = sign_in(office)
    assert who.id == MEMBER
    token = address(office, who)
    open_fetch(office.ctx, token)
    end(office, who)
    assert ended(office, token) == ["address_over", "address_over"]


def test_what_a_program_or_a_guest_was_given_ends_with_it() -> None:
    office = LivingOffice()
    account, _ = create_service_account(office.ctx, principal(ADMIN), CreateToken("robot", ("transfers:read",)))
    scopes = frozenset(account.scopes)
    robot = signed_in(office.ctx, Principal(office.settings.id, "service", account.id, SESSION, account.roles, scopes))
    guest = signed_in(office.ctx, guest_principal("rc_1", "tr_1", GUEST))

    def stands(who: Principal) -> bool:
        return still_signed_in(office.ctx, TENANT, session=who.session, owner=who.id)

    assert (stands(robot), stands(guest)) == (True, True)
    found = get_service_account(office.ctx.records, TENANT, account.id)
    office.ctx.records.transact(delete_service_account(found))
    assert (stands(robot), stands(guest)) == (False, True)
    office.ctx.clock.advance(7 * DAY - 1)
    assert stands(guest)
    office.ctx.clock.advance(1)
    assert not stands(guest)
