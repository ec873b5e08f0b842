"""A token's signature is checked once; what can be taken away is looked at each time."""

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.use_cases.accounts import access_tokens
from chalicelib.use_cases.accounts.access_tokens import read_access_token
from tests.fakes.context import FakeContext
from tests.fakes.key_store import FakeKeyStore
from tests.service.auth.office import Office


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature was checked."""
    seen: list[str] = []
    verify = access_tokens.jws.verify

    def noted(token: str, **how: object) -> object:
        seen.append(token)
        return verify(token, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(access_tokens.jws, "verify", noted)
    return seen


def test_a_signature_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    token = office.token()
    # Fakes are repeatable: another test of this process may have been given the very same token.
    access_tokens._checked.clear()
    seen = counted(monkeypatch)
    first = read_access_token(office.ctx, token)
    first["sub"] = "changed by whoever was given it"
    again = read_access_token(office.ctx, token)
    assert len(seen) == 1
    assert again["sub"].startswith("mb_")


def test_a_key_that_is_gone_ends_its_tokens() -> None:
    office = Office()
    token = office.token()
    read_access_token(office.ctx, token)
    with pytest.raises(Refused, match="token_invalid"):
        read_access_token(FakeContext(keys=Forgetful()), token)


class Forgetful(FakeKeyStore):
    def public_keys(self, *, use: str) -> list[dict[str, str]]:  # type: ignore[override]
        return []


def test_the_same_name_on_another_key_is_another_key() -> None:
    office = Office()
    token = office.token()
    read_access_token(office.ctx, token)
    keys = office.ctx.keys.public_keys(use="access")

    class Other(FakeKeyStore):
        def public_keys(self, *, use: str) -> list[dict[str, str]]:  # type: ignore[override]
            return [{**keys[0], "x": keys[0]["y"], "y": keys[0]["x"]}]

    with pytest.raises(Refused, match="token_invalid"):
        read_access_token(FakeContext(keys=Other()), token)


def test_a_changed_token_is_another_token() -> None:
    office = Office()
    token = office.token()
    read_access_token(office.ctx, token)
    head, payload, signature = token.split(".")
    with pytest.raises(Refused, match="token_invalid"):
        read_access_token(office.ctx, f"{head}.{payload}.{signature[:-4]}AAAA")


def test_no_more_than_some_are_kept() -> None:
    office = Office()
    access_tokens._checked.clear()
    for number in range(access_tokens._KEPT + 1):
        access_tokens._checked[number.to_bytes(4, "big")] = ({"kid": ""}, {})
    read_access_token(office.ctx, office.token())
    assert len(access_tokens._checked) <= access_tokens._KEPT + 1
    access_tokens._checked.clear()
