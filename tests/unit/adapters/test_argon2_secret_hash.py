"""Argon2id's parameters and pepper, against the library's own verifier."""

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from chalicelib.adapters.argon2_secret_hash import Argon2SecretHash


def test_the_default_is_owasps() -> None:
    assert Argon2SecretHash().hash("12345678").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_another_implementation_reads_the_string() -> None:
    stored = Argon2SecretHash(memory=64).hash("12345678")
    Argon2id.verify_phc_encoded(b"12345678", stored)


def test_a_stolen_table_is_worthless_without_the_pepper() -> None:
    stored = Argon2SecretHash(memory=64, pepper=b"pepper").hash("12345678")
    assert Argon2SecretHash(memory=64, pepper=b"pepper").verify("12345678", stored)
    for pepper in (None, b"other"):
        assert not Argon2SecretHash(memory=64, pepper=pepper).verify("12345678", stored)


def test_salts_come_from_the_source_that_was_given() -> None:
    made = [Argon2SecretHash(memory=64, random=lambda size: b"s" * size).hash("x") for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("memory", "passes", "lanes", "stale"),
    [(64, 3, 1, False), (128, 4, 2, False), (63, 3, 1, True), (64, 2, 1, True)],
)
def test_only_weaker_parameters_are_stale(memory: int, passes: int, lanes: int, stale: bool) -> None:
    stored = Argon2SecretHash(memory=memory, passes=passes, lanes=lanes).hash("x")
    assert Argon2SecretHash(memory=64, passes=3).stale(stored) == stale


def test_the_error_does_not_show_the_string() -> None:
    with pytest.raises(ValueError, match="Argon2id") as raised:
        Argon2SecretHash().stale("something secret")
    assert "secret" not in str(raised.value)
