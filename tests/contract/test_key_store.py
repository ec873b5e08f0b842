"""The contract of key_store, sentence by sentence, over every adapter."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, get_args

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey

from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.key_store import MAX_SEALED, KeyStore, Use

PORT = "key_store"
USES: tuple[Use, ...] = get_args(Use)
PLACE = {"tenant": "acme", "purpose": "wrap", "context": "tr_1"}


class KeyStoreSubject(Protocol):
    """A key store with fresh keys."""

    unknown_error: type[Exception]

    def open(self) -> KeyStore:
        """A further instance over the same keys, as another process would hold."""
        ...

    def rotate(self, use: Use) -> None:
        """Sign with a new key of this use from now on."""
        ...

    def failing(self, kind: Literal["away", "unknown"]) -> AbstractContextManager[KeyStore]:
        """A store whose service is away, or answers what nobody knows."""
        ...


def seal(store: KeyStore, plaintext: bytes) -> bytes:
    return store.seal(plaintext, tenant="acme", purpose="wrap", context="tr_1")


@pytest.mark.parametrize("size", [0, 1, 32, MAX_SEALED])
def test_open_gives_back_what_seal_took(subject: KeyStoreSubject, size: int) -> None:
    store = subject.open()
    assert store.open(seal(store, b"\xa5" * size), **PLACE) == b"\xa5" * size


def test_seal_takes_no_more_than_its_limit(subject: KeyStoreSubject) -> None:
    with pytest.raises(Refused) as refused:
        seal(subject.open(), bytes(MAX_SEALED + 1))
    assert refused.value.code == "sealed_too_large"


@pytest.mark.parametrize(
    "other", [{"tenant": "other"}, {"purpose": "code"}, {"context": "tr_2"}, {"tenant": "wrap", "purpose": "acme"}]
)
def test_open_wants_the_same_tenant_purpose_and_context(subject: KeyStoreSubject, other: dict[str, str]) -> None:
    store = subject.open()
    sealed = seal(store, b"secret")
    with pytest.raises(Refused) as refused:
        store.open(sealed, **{**PLACE, **other})
    assert refused.value.code == "key_wrong"


def test_names_that_join_to_the_same_text_are_different(subject: KeyStoreSubject) -> None:
    store = subject.open()
    sealed = store.seal(b"secret", tenant="ab", purpose="c", context="d\x00e")
    for tenant, purpose, context in (("a", "bc", "d\x00e"), ("ab", "c\x00d", "e"), ("ab", "cd", "e")):
        with pytest.raises(Refused) as refused:
            store.open(sealed, tenant=tenant, purpose=purpose, context=context)
        assert refused.value.code == "key_wrong"


def test_changed_bytes_are_refused_wherever_they_are(subject: KeyStoreSubject) -> None:
    store = subject.open()
    sealed = seal(store, b"secret")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Refused) as refused:
            store.open(bytes(changed), **PLACE)
        assert refused.value.code == "key_wrong"


CUTS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "one byte": lambda sealed: sealed[:1],
    "half": lambda sealed: sealed[: len(sealed) // 2],
    "the last byte gone": lambda sealed: sealed[:-1],
    "the first byte gone": lambda sealed: sealed[1:],
    "a byte more": lambda sealed: sealed + b"\0",
    "text": lambda _: b"this was never sealed by anybody, but it is long enough to be",
}


@pytest.mark.parametrize("cut", list(CUTS))
def test_bytes_of_another_length_are_refused(subject: KeyStoreSubject, cut: str) -> None:
    store = subject.open()
    with pytest.raises(Refused) as refused:
        store.open(CUTS[cut](seal(store, b"secret")), **PLACE)
    assert refused.value.code == "key_wrong"


def test_sealing_twice_gives_different_bytes(subject: KeyStoreSubject) -> None:
    store = subject.open()
    assert len({seal(store, b"secret") for _ in range(8)}) == 8


def test_sealed_bytes_do_not_show_the_plaintext(subject: KeyStoreSubject) -> None:
    assert b"a secret of 32 bytes is in here!" not in seal(subject.open(), b"a secret of 32 bytes is in here!")


def test_another_process_opens_what_was_sealed(subject: KeyStoreSubject) -> None:
    assert subject.open().open(seal(subject.open(), b"secret"), **PLACE) == b"secret"


def test_mac_is_32_bytes_and_the_same_for_the_same_input(subject: KeyStoreSubject) -> None:
    first, second = subject.open(), subject.open()
    for data in (b"", b"x", bytes(100_000)):
        made = first.mac(data, purpose="token")
        assert len(made) == 32
        assert second.mac(data, purpose="token") == made


def test_mac_differs_by_purpose_and_by_data(subject: KeyStoreSubject) -> None:
    store = subject.open()
    pairs = [("token", b"x"), ("code", b"x"), ("token", b"y"), ("tokenx", b""), ("token", b""), ("token", b"x\0")]
    assert len({store.mac(data, purpose=purpose) for purpose, data in pairs}) == len(pairs)


def test_seals_and_macs_outlive_a_rotation(subject: KeyStoreSubject) -> None:
    store = subject.open()
    sealed, made = seal(store, b"secret"), store.mac(b"x", purpose="token")
    for use in USES:
        subject.rotate(use)
    for later in (store, subject.open()):
        assert later.open(sealed, **PLACE) == b"secret"
        assert later.mac(b"x", purpose="token") == made


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("size", [0, 1, 4_096, 4_097, 100_000])
def test_a_signature_is_64_bytes_and_verifies_under_its_kid(subject: KeyStoreSubject, use: Use, size: int) -> None:
    store = subject.open()
    kid, signature = store.sign(bytes(size), use=use)
    assert len(signature) == 64
    verify(jwk_of(store, use, kid), bytes(size), signature)
    with pytest.raises(InvalidSignature):
        verify(jwk_of(store, use, kid), bytes(size) + b"x", signature)


def test_a_signature_is_es256_for_a_jose_library(subject: KeyStoreSubject) -> None:
    store = subject.open()
    signing_input = encode_base64url(b'{"alg":"ES256"}') + b"." + encode_base64url(b"hello")
    kid, signature = store.sign(signing_input, use="proof")
    compact = signing_input + b"." + encode_base64url(signature)
    assert jws.deserialize_compact(compact, ECKey.import_key(jwk_of(store, "proof", kid))).payload == b"hello"


@pytest.mark.parametrize("use", USES)
def test_public_keys_are_jwks_with_kid_and_nothing_private(subject: KeyStoreSubject, use: Use) -> None:
    for jwk in subject.open().public_keys(use=use):
        assert set(jwk) == {"kty", "crv", "x", "y", "kid", "alg", "use"}
        assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("EC", "P-256", "ES256", "sig")
        assert jwk["kid"] == ECKey.import_key(jwk).thumbprint()


def test_each_use_has_keys_of_its_own(subject: KeyStoreSubject) -> None:
    store = subject.open()
    kids = [jwk["kid"] for use in USES for jwk in store.public_keys(use=use)]
    assert len(set(kids)) == len(USES)


def test_a_retired_key_stays_public_and_the_next_signature_is_by_the_new_one(subject: KeyStoreSubject) -> None:
    before = subject.open()
    old, signature = before.sign(b"data", use="proof")
    subject.rotate("proof")
    after = subject.open()
    new, _ = after.sign(b"data", use="proof")
    assert [jwk["kid"] for jwk in after.public_keys(use="proof")] == [new, old]
    assert new != old
    verify(jwk_of(after, "proof", old), b"data", signature)


def test_what_a_caller_does_to_a_public_key_changes_nothing(subject: KeyStoreSubject) -> None:
    store = subject.open()
    store.public_keys(use="root")[0].clear()
    assert store.public_keys(use="root")[0]["kty"] == "EC"


def test_no_error_text_holds_the_secret(subject: KeyStoreSubject) -> None:
    store = subject.open()
    sealed = seal(store, b"hidden in here")
    with pytest.raises(Refused) as refused:
        store.open(sealed, tenant="acme", purpose="wrap", context="tr_2")
    error: BaseException | None = refused.value
    while error is not None:
        assert "hidden" not in f"{error} {error!r}"
        error = error.__cause__
    assert "hidden" not in repr(store)


def test_threads_may_share_a_store(subject: KeyStoreSubject) -> None:
    store = subject.open()

    def work(number: int) -> bytes:
        plaintext = str(number).encode()
        store.sign(plaintext, use="access")
        sealed = store.seal(plaintext, tenant=f"tenant-{number}", purpose="wrap", context="tr_1")
        return store.open(sealed, tenant=f"tenant-{number}", purpose="wrap", context="tr_1")

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(16))) == [str(number).encode() for number in range(16)]


def test_a_key_service_that_is_away_is_store_away(subject: KeyStoreSubject) -> None:
    with subject.failing("away") as store, pytest.raises(StoreAway):
        store.sign(b"data", use="access")


def test_an_unknown_error_of_the_service_passes_up(subject: KeyStoreSubject) -> None:
    with subject.failing("unknown") as store, pytest.raises(subject.unknown_error) as caught:
        store.sign(b"data", use="access")
    assert not isinstance(caught.value, Refused)


def jwk_of(store: KeyStore, use: Use, kid: str) -> dict[str, Any]:
    return next(jwk for jwk in store.public_keys(use=use) if jwk["kid"] == kid)


def verify(jwk: dict[str, Any], data: bytes, signature: bytes) -> None:
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    ECKey.import_key(jwk).public_key.verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))


def encode_base64url(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")
