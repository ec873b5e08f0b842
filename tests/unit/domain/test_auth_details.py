"""The sentences of refusals: part of the answer that people read, so each is fixed here word for word."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain import account, attempts, challenge, device, link, password, session, token, totp
from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId

ACME = TenantId("acme")
DAY = 86_400_000


def a_member() -> account.Member:
    return account.Member("mb", ACME, "a@b.example", "A", ("member",), "ja", account.MemberState.REMOVED, 0)


def a_session() -> session.Session:
    return session.Session("se", ACME, "member", "mb", session.Client.CLI, 0, 0, DAY)


def a_link() -> link.Link:
    return link.Link("ln", ACME, "tr", "transfer", 0, "code", "ja", expires_at=1)


def a_device() -> device.DeviceSignIn:
    return device.DeviceSignIn(ACME, "h", "BCDFGHJK", "", 0, device.LIFE_MS, last_poll_at=-60_000)


def a_device_that(state: device.DeviceState) -> device.DeviceSignIn:
    return replace(a_device(), state=state)


def raised(refused: Refused | None) -> None:
    assert refused is not None
    raise refused


CASES: list[tuple[Callable[[], object], str]] = [
    (lambda: account.checked_name(""), "A name has 1 to 100 printable characters."),
    (
        lambda: account.checked_roles(()),
        "Roles are member, approver, auditor, admin; an account has at least one.",
    ),
    (lambda: account.require_active(a_member()), "This account can't be used."),
    (lambda: account.activated(a_member(), "h"), "This invitation can't be used any more."),
    (
        lambda: account.admins_after(account.Admins(frozenset({"a"})), "a", is_admin=False),
        "A tenant needs one admin at least.",
    ),
    (lambda: attempts.begun(attempts.Attempts(9, 0), free=5, now=0), "Too many tries went wrong."),
    (
        lambda: challenge.entered(challenge.Book(0, 200), address_hash="h", challenge="ch", recipient="rc", now=0),
        "This link was sent as many codes as it may get in a day.",
    ),
    (lambda: session.require_live(a_session(), DAY), "This session has ended."),
    (lambda: session.turn_of(a_session(), 7, 0), "This refresh token was used before."),
    (lambda: link.require_link_open(a_link(), 1), "This link leads nowhere any more."),
    (
        lambda: link.address_for(replace(a_link(), address="a@b.example"), "c@b.example"),
        "This link was made for another address.",
    ),
    (lambda: link.address_for(a_link(), None), "This link asks for your mail address."),
    (
        lambda: link.address_for(replace(a_link(), domains=("b.example",)), "a@c.example"),
        "This link is not open to addresses of that domain.",
    ),
    (
        lambda: token.checked_scopes(()),
        "Scopes are transfers:read, transfers:write, requests:write, audit:read, admin; a token has at least one.",
    ),
    (lambda: token.checked_networks(("x",)), "Give at most 20 networks like 203.0.113.0/24."),
    (lambda: token.checked_expiry(0, 0), "The end lies in the past."),
    (lambda: token.checked_expiry(400 * DAY, 0), "A token lives for 366 days at most."),
    (
        lambda: totp.matching_step(b"k", "", now_ms=0, last_step=0),
        "This is not the code of the authenticator app, or it was used already.",
    ),
    (lambda: device.checked_user_code(""), "No sign-in waits under this code."),
    (lambda: raised(device.refusal(a_device(), 0)), "Nobody has approved it yet."),
    (lambda: raised(device.refusal(replace(a_device(), last_poll_at=0), 0)), "Ask less often."),
    (lambda: raised(device.refusal(a_device_that(device.DeviceState.DENIED), 0)), "The sign-in was denied."),
    (
        lambda: raised(device.refusal(a_device_that(device.DeviceState.SPENT), 0)),
        "This sign-in was not approved in time, or was used already.",
    ),
    (lambda: password.check_password("x", pointer="/p"), "A password has at least 12 characters."),
    (lambda: password.check_password("x" * 1_025, pointer="/p"), "A password has at most 1024 characters."),
    (lambda: password.check_password("x" * 12, pointer="/p"), "This password is among the first that are guessed."),
]


@pytest.mark.parametrize(("act", "sentence"), CASES, ids=[sentence for _, sentence in CASES])
def test_a_refusal_says_what_is_wrong(act: Callable[[], object], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        act()
    assert refused.value.detail == sentence
