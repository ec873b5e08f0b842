import pytest

from chalicelib.domain.common_passwords import COMMON_PASSWORDS
from chalicelib.domain.errors import Refused
from chalicelib.domain.password import check_password


def code_of(password: str, *personal: str) -> str:
    with pytest.raises(Refused) as refused:
        check_password(password, pointer="/new", personal=personal)
    assert [one.pointer for one in refused.value.errors] == ["/new"]
    return refused.value.code


def test_twelve_to_1024_characters() -> None:
    check_password("kq7-vmx2p-9w", pointer="/new")
    assert code_of("kq7-vmx2p-9") == "password_short"
    check_password("kq7-vmx2p-9w" * 85 + "abcd", pointer="/new")
    assert code_of("kq7-vmx2p-9w" * 85 + "abcde") == "password_long"


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "PASSWORD123456",
        "p@55w0rd!!!!",
        "!!!!dragon!!!!",
        "2024sunshine2024",
        "123456789012",
        "345678901234",
        "987654321098",
        "abcdefghijklm",
        "nmlkjihgfedcb",
        "abababababab",
        "abcdabcdabcdabcd",
        "qwertyqwerty1",
        "111111111111",
        "aaaaaaaaaaab",
        "dragon1dragon1",
    ],
)
def test_what_guessers_try_first(password: str) -> None:
    assert code_of(password) == "password_common"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "483920175628love",
        "ひらがなでも十二文字以上ならば",
        "acegikmoqsuwy",
        "135791357913x",
        "anna maria lo",
        "abcdefghijkm",
    ],
)
def test_what_is_long_and_nobodys_first_guess(password: str) -> None:
    check_password(password, pointer="/new", personal=("taro@example.co.jp", "太郎", "Acme"))


def test_words_of_the_account_are_guessed_too() -> None:
    assert code_of("Hanako.2024!!", "hanako@example.co.jp") == "password_common"
    assert code_of("examplecorp99", "x@y.jp", "ExampleCorp Ltd") == "password_common"
    assert code_of("jiro.2024!!!", "jiro@x.jp") == "password_common"
    check_password("abcabd1234567", pointer="/new", personal=("abd@x.jp",))


def test_the_list_is_there() -> None:
    assert len(COMMON_PASSWORDS) > 9_000
    assert {"password", "qwerty", "letmein", "dragon"} <= COMMON_PASSWORDS
    assert all(word == word.lower() and len(word) >= 4 for word in COMMON_PASSWORDS)
