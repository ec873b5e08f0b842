import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.totp import SECRET_BYTES, enrolment_uri, matching_step, secret_text, step_of, totp

SECRET = b"12345678901234567890"
# RFC 6238 appendix B: time in seconds, then the codes of SHA-1, SHA-256 and SHA-512 with secrets of 20, 32 and 64 bytes.
VECTORS = [
    (59, "94287082", "46119246", "90693936"),
    (1111111109, "07081804", "68084774", "25091201"),
    (1111111111, "14050471", "67062674", "99943326"),
    (1234567890, "89005924", "91819424", "93441116"),
    (2000000000, "69279037", "90698825", "38618901"),
    (20000000000, "65353130", "77737706", "47863826"),
]
NOW = 1_111_111_111_000


@pytest.mark.parametrize(("seconds", "sha1", "sha256", "sha512"), VECTORS)
def test_the_vectors_of_rfc_6238(seconds: int, sha1: str, sha256: str, sha512: str) -> None:
    step = step_of(seconds * 1000)
    for algorithm, code, size in (("sha1", sha1, 20), ("sha256", sha256, 32), ("sha512", sha512, 64)):
        secret = (SECRET * 4)[:size]
        assert totp(secret, step, digits=8, algorithm=algorithm) == code


def test_six_digits_of_sha1_by_default() -> None:
    assert totp(SECRET, step_of(59_000)) == "287082"
    assert totp(SECRET, step_of(1111111109_000)) == "081804"
    assert SECRET_BYTES == 20


def test_steps_are_thirty_seconds() -> None:
    assert [step_of(ms) for ms in (0, 29_999, 30_000, 59_999)] == [0, 0, 1, 1]


def test_one_step_to_either_side_is_taken() -> None:
    step = step_of(NOW)
    for offset in (-1, 0, 1):
        assert matching_step(SECRET, f" {totp(SECRET, step + offset)} ", now_ms=NOW, last_step=0) == step + offset
    for offset in (-2, 2):
        with pytest.raises(Refused) as refused:
            matching_step(SECRET, totp(SECRET, step + offset), now_ms=NOW, last_step=0)
        assert refused.value.code == "totp_wrong"


def test_a_used_step_is_refused_and_the_next_is_not() -> None:
    step = step_of(NOW)
    code = totp(SECRET, step)
    assert matching_step(SECRET, code, now_ms=NOW, last_step=step - 1) == step
    for last in (step, step + 1):
        with pytest.raises(Refused):
            matching_step(SECRET, code, now_ms=NOW, last_step=last)


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "0000000", "１２３４５６"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    with pytest.raises(Refused) as refused:
        matching_step(SECRET, code, now_ms=NOW, last_step=0)
    assert refused.value.code == "totp_wrong"


def test_the_first_steps_of_the_epoch_reach_no_negative_one() -> None:
    assert matching_step(SECRET, totp(SECRET, 1), now_ms=0, last_step=0) == 1


def test_what_the_app_is_given() -> None:
    assert secret_text(SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert secret_text(b"\xff") == "74"
    assert enrolment_uri(b"\xff", account="a@b.example", issuer="文 箱/x") == (
        "otpauth://totp/%E6%96%87%20%E7%AE%B1%2Fx%3Aa%40b.example?secret=74&issuer=%E6%96%87%20%E7%AE%B1%2Fx"
    )
