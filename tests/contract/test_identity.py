"""Every sentence of ``chalicelib.ports.identity`` over every sign-in service."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.identity import SignInRequest, VerifiedIdentity
from tests.contract.adapters_identity import CLIENT_ID, REDIRECT, IdentitySubject

PORT = "identity"
REQUEST = SignInRequest("acme.state", "nonce of this sign-in", "verifier-" * 6, "taro@example.com")


def identified(
    subject: IdentitySubject,
    address: str,
    *,
    nonce: str = REQUEST.nonce,
    verifier: str = REQUEST.code_verifier,
    issuer: str | None = None,
) -> VerifiedIdentity:
    url = subject.service.authorization_url(subject.client, REQUEST)
    brought = subject.sign_in(url, address)
    assert brought["state"] == REQUEST.state
    now = int(time.time() * 1000)
    return subject.service.identify(
        subject.client,
        code=brought["code"],
        nonce=nonce,
        code_verifier=verifier,
        now=now,
        answered_by=issuer or brought.get("iss"),
    )


def test_who_signs_in_is_named(subject: IdentitySubject) -> None:
    assert identified(subject, "taro@example.com") == VerifiedIdentity("taro@example.com", "taro@example.com", True)


@pytest.mark.parametrize(("address", "said"), [("silent@example.com", None), ("unverified@example.com", False)])
def test_what_the_service_says_of_the_address_is_kept_apart_from_silence(
    subject: IdentitySubject, address: str, said: bool | None
) -> None:
    assert identified(subject, address).email_verified is said


def test_the_browser_carries_no_secret_of_ours(subject: IdentitySubject) -> None:
    url = subject.service.authorization_url(subject.client, REQUEST)
    assert REQUEST.code_verifier not in url
    assert subject.client.client_secret not in url
    query = parse_qs(urlsplit(url).query)
    assert query["redirect_uri"] == [REDIRECT]
    assert query["login_hint"] == [REQUEST.login_hint]


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "of another sign-in"},
        {"verifier": "of another browser" * 3},
        {"issuer": "https://another.example"},  # mix-up: RFC 9207
    ],
)
def test_an_answer_to_another_request_proves_nothing(subject: IdentitySubject, changed: dict[str, str]) -> None:
    with pytest.raises(Refused) as caught:
        identified(subject, "taro@example.com", **changed)
    assert caught.value.code == "identity_refused"


def test_a_code_that_nobody_gave_proves_nothing(subject: IdentitySubject) -> None:
    subject.service.authorization_url(subject.client, REQUEST)
    with pytest.raises(Refused) as caught:
        subject.service.identify(subject.client, code="made up", nonce=REQUEST.nonce, code_verifier="v" * 43, now=0)
    assert caught.value.code == "identity_refused"
    assert CLIENT_ID not in caught.value.detail


def test_an_issuer_is_checked(subject: IdentitySubject) -> None:
    subject.service.check(subject.client.issuer)
    with pytest.raises(Refused) as caught:
        subject.service.check(subject.elsewhere)
    assert caught.value.code == "issuer_invalid"


def test_a_service_that_does_not_answer_is_away(subject: IdentitySubject) -> None:
    with pytest.raises(StoreAway):
        subject.away.check(subject.client.issuer)
