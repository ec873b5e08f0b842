"""Every sentence of ``chalicelib.ports.secret_hash`` over every implementation."""

import pytest

from tests.contract.adapters_scanner import HashSubject

PORT = "secret_hash"
SECRETS = ["12345678", "", "パスワード🔑", "a" * 5000, "nul\0inside"]


@pytest.mark.parametrize("secret", SECRETS)
def test_verify_knows_the_secret_and_no_other(subject: HashSubject, secret: str) -> None:
    stored = subject.hashes.hash(secret)
    assert subject.hashes.verify(secret, stored)
    assert not subject.hashes.verify(secret + "x", stored)
    assert not subject.hashes.verify(secret[1:] if secret else "x", stored)


def test_the_same_secret_gives_another_string_each_time(subject: HashSubject) -> None:
    assert len({subject.hashes.hash("same") for _ in range(4)}) == 4


def test_the_string_is_self_describing_and_holds_no_secret(subject: HashSubject) -> None:
    stored = subject.hashes.hash("a-secret-word")
    assert stored.startswith("$")
    assert "a-secret-word" not in stored


@pytest.mark.parametrize("stored", ["", "plain", "$argon2i$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$AAAA", "$2b$12$abc", "$$$$"])
def test_a_string_it_can_not_read_raises_value_error(subject: HashSubject, stored: str) -> None:
    with pytest.raises(ValueError, match="not"):
        subject.hashes.verify("secret", stored)
    with pytest.raises(ValueError, match="not"):
        subject.hashes.stale(stored)


def test_a_string_of_weaker_parameters_is_stale_and_still_verifies(subject: HashSubject) -> None:
    old = subject.weak.hash("secret")
    assert subject.hashes.stale(old)
    assert subject.hashes.verify("secret", old)
    assert not subject.hashes.stale(subject.hashes.hash("secret"))
    assert not subject.weak.stale(subject.hashes.hash("secret"))
