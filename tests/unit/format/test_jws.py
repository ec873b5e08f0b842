"""Signing, keys and the many ways a token is refused."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fumibako_format import base64url, jws
from fumibako_format.errors import ProofInvalid, SignerUnknown
from tests.vectors_tools.signing import PrivateKey, alg_of, ed25519, jwk_of, p256, raw_signature, thumbprint_of

KEYS: list[PrivateKey] = [ed25519("jws"), p256("jws")]


def refusal(call: object) -> tuple[str, str]:
    assert callable(call)
    with pytest.raises(ProofInvalid) as caught:
        call()
    return caught.value.message, caught.value.hint


def signed(key: PrivateKey, header: dict[str, object] | None = None, payload: bytes = b'{"a":1}') -> str:
    start: dict[str, object] = {"alg": alg_of(key), "kid": "one"}
    return jws.sign(payload, header=start | (header or {}), sign=lambda data: raw_signature(key, data))


@pytest.mark.parametrize("key", KEYS)
def test_what_is_signed_is_verified(key: PrivateKey) -> None:
    token = signed(key)
    jwk = jwk_of(key)
    found = jws.verify(token, keys={"other": {}, "one": jwk})
    assert found == jws.parse(token)
    assert (found.payload, found.claims()) == (b'{"a":1}', {"a": 1})
    assert found.header == {"alg": jws.alg_of(jwk), "kid": "one"}
    assert found.signing_input.decode() == token.rpartition(".")[0]
    assert len(found.signature) == 64
    assert base64url.decode(token.split(".")[0]) == json.dumps(found.header, separators=(",", ":")).encode()


def test_public_keys_and_thumbprints() -> None:
    for key in KEYS:
        jwk = jws.public_jwk(key.public_key())
        assert jwk == jwk_of(key)
        assert jws.public_jwk(jws.load_jwk(jwk)) == jwk
        assert jws.thumbprint(jwk | {"kid": "x", "use": "sig"}) == thumbprint_of(key)
        assert jws.alg_of(jwk) == alg_of(key)


def test_a_coordinate_with_a_leading_zero_keeps_its_32_bytes() -> None:
    for seed in range(2_000):
        key = derive_private_key(seed + 1, SECP256R1())
        if key.public_key().public_numbers().x >> 248 == 0:
            break
    jwk = jws.public_jwk(key.public_key())
    assert len(jwk["x"]) == 43
    assert jws.public_jwk(jws.load_jwk(jwk)) == jwk


def test_a_key_of_another_curve_is_refused() -> None:
    message = "Only P-256 and Ed25519 keys sign here."
    other = derive_private_key(5, SECP384R1()).public_key()
    assert refusal(lambda: jws.public_jwk(other)) == (message, "Make a P-256 or an Ed25519 key.")


def test_a_signature_of_openssl_becomes_raw() -> None:
    key, data = p256("der"), b"signing input"
    raw = jws.raw_from_der(key.sign(data, ECDSA(SHA256(), deterministic_signing=True)))
    assert raw == raw_signature(key, data)
    for wrong in (b"", b"\x30\x03\x02\x01", bytes.fromhex("3009020101020400ffffff") + b"x"):
        assert refusal(lambda wrong=wrong: jws.raw_from_der(wrong))[0] == "This is not a DER signature of P-256."
    too_long = encode_dss_signature(1 << 256, 1)
    assert refusal(lambda: jws.raw_from_der(too_long))[0] == "This is not a DER signature of P-256."


def test_an_unknown_signer_is_told_apart_from_a_wrong_signature() -> None:
    token = signed(KEYS[0])
    with pytest.raises(SignerUnknown, match=r"^The token is signed by a key that is not known here\.$") as caught:
        jws.verify(token, keys={"two": jwk_of(KEYS[0])})
    assert caught.value.hint == "Fetch the issuer's current keys."
    other = jwk_of(ed25519("other"))
    assert refusal(lambda: jws.verify(token, keys={"one": other}))[0] == "The signature does not hold."


@pytest.mark.parametrize("kid", [None, 7])
def test_a_token_must_name_its_key(kid: object) -> None:
    token = signed(KEYS[0], {"kid": kid})
    assert refusal(lambda: jws.verify(token, keys={"one": jwk_of(KEYS[0])}))[0] == "The token names no key."


def test_only_the_algorithms_asked_for_are_taken() -> None:
    key = p256("algs")
    token, keys = signed(key), {"one": jwk_of(key)}
    assert jws.verify(token, keys=keys, algs=("ES256",)).claims() == {"a": 1}
    message = "The token's algorithm is not the one of its key."
    assert refusal(lambda: jws.verify(token, keys=keys, algs=("EdDSA",)))[0] == message
    assert refusal(lambda: jws.verify_with(jws.parse(token), keys["one"], algs=()))[0] == message
    assert refusal(lambda: jws.verify(token, keys={"one": jwk_of(KEYS[0])}))[0] == message


def test_a_header_that_would_be_refused_is_not_signed() -> None:
    algorithm = "Only ES256 and EdDSA signatures are accepted."
    extension = "The token needs an extension that is not known here."
    for header, message in (({"alg": "none"}, algorithm), ({"crit": ["b64"]}, extension), ({"b64": False}, extension)):
        assert refusal(lambda header=header: signed(KEYS[0], header))[0] == message
    for length in (63, 65):
        wrong = refusal(lambda length=length: jws.sign(b"", header={"alg": "EdDSA"}, sign=lambda _: bytes(length)))
        assert wrong == ("A signature is 64 bytes.", "Convert DER signatures with raw_from_der.")


def test_a_payload_that_is_no_object_has_no_claims() -> None:
    for payload in (b"[]", b"\xff", b'{"a":1,"a":2}'):
        parsed = jws.parse(signed(KEYS[0], payload=payload))
        assert refusal(parsed.claims)[0] == "The signed payload is not a JSON object."


def test_the_size_of_a_token_is_bounded() -> None:
    token = signed(KEYS[0], payload=b"")
    full = signed(KEYS[0], payload=bytes((65_536 - len(token)) * 3 // 4))
    assert 65_532 <= len(full) <= 65_536
    assert jws.verify(full, keys={"one": jwk_of(KEYS[0])}).payload == bytes((65_536 - len(token)) * 3 // 4)
    longer = signed(KEYS[0], payload=bytes((65_536 - len(token)) * 3 // 4 + 4))
    assert refusal(lambda: jws.parse(longer))[0] == "This is not a compact JWS."
    assert refusal(lambda: jws.parse(None))[0] == "This is not a compact JWS."  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kty": "RSA"}, "Only P-256 and Ed25519 keys are accepted."),
        ({"kty": ["OKP"]}, "Only P-256 and Ed25519 keys are accepted."),
        ({"crv": None}, "Only P-256 and Ed25519 keys are accepted."),
        ({"d": None}, "This is a private key."),
        ({"x": "+"}, "The key's x is not base64url."),
        ({"x": None}, "The key's x is not base64url."),
        ({"x": "AAAA"}, "The key's x is not 32 bytes."),
    ],
)
def test_a_wrong_key_is_refused(change: dict[str, object], message: str) -> None:
    wrong = jwk_of(KEYS[0]) | change
    for call in (jws.load_jwk, jws.thumbprint):
        found, hint = refusal(lambda call=call: call(wrong))
        assert found == message
    if "d" in change:
        assert hint == "Replace the key pair: a private key must never be passed on."


def test_what_is_no_key_at_all_is_refused() -> None:
    assert refusal(lambda: jws.load_jwk("key"))[0] == "This is not a JWK."  # type: ignore[arg-type]
    p256_key = jwk_of(KEYS[1])
    assert refusal(lambda: jws.load_jwk(p256_key | {"y": p256_key["x"]}))[0] == "The key is not a point of P-256."
    without = {name: value for name, value in p256_key.items() if name != "y"}
    assert refusal(lambda: jws.load_jwk(without))[0] == "The key's y is not 32 bytes."


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_is_64_bytes(key: PrivateKey, length: int) -> None:
    jwk = jwk_of(key)
    token = jws.parse(f"{signed(key).rpartition('.')[0]}.{base64url.encode(bytes(length))}")
    assert refusal(lambda: jws.verify_with(token, jwk))[0] == "The signature is not 64 bytes."
    zeros = jws.parse(f"{signed(key).rpartition('.')[0]}.{base64url.encode(bytes(64))}")
    assert refusal(lambda: jws.verify_with(zeros, jwk))[0] == "The signature does not hold."
