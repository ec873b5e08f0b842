"""KMS: what is asked of the service, and which of its errors become ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, NoCredentialsError, ReadTimeoutError

from chalicelib.adapters.kms_key_store import KMSKeyStore
from chalicelib.domain.errors import Refused, StoreAway
from tests.contract.adapters_aws import KMSSubject
from tests.contract.aws_world import aws_world

PLACE = {"tenant": "acme", "purpose": "wrap", "context": "tr_1 a secret name"}


@pytest.fixture
def subject() -> Iterator[KMSSubject]:
    with aws_world() as world:
        yield KMSSubject(world)


def calls_of(store: KMSKeyStore) -> list[tuple[str, dict[str, Any]]]:
    """Every request of this store from now on: operation and parameters."""
    log: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        log.append((model.name, params))

    store._client.meta.events.register("provide-client-params.kms", note)
    return log


def fail_with(store: KMSKeyStore, error: Exception) -> None:
    def fail(**_: Any) -> None:
        raise error

    store._client.meta.events.register_first("before-send.kms", fail)


def test_the_encryption_context_names_tenant_and_purpose_but_not_the_context(subject: KMSSubject) -> None:
    store = subject.open()
    log = calls_of(store)
    store.open(store.seal(b"x", **PLACE), **PLACE)
    assert [name for name, _ in log] == ["GenerateDataKey", "Decrypt"]
    for _, params in log:
        assert params["EncryptionContext"]["tenant"] == "acme"
        assert params["EncryptionContext"]["purpose"] == "wrap"
        assert "secret name" not in str(params)


def test_the_plaintext_is_never_sent(subject: KMSSubject) -> None:
    store = subject.open()
    log = calls_of(store)
    store.seal(b"the plaintext stays here", **PLACE)
    store.mac(b"the plaintext stays here", purpose="token")
    assert "stays here" not in str(log)


def test_a_mac_that_is_a_name_is_asked_for_once(subject: KMSSubject) -> None:
    store = subject.open()
    log = calls_of(store)
    assert len({store.mac(b"203.0.113.7", purpose="attempts") for _ in range(3)}) == 1
    assert len(log) == 1
    assert store.mac(b"203.0.113.7", purpose="rate/address") != store.mac(b"203.0.113.8", purpose="rate/address")
    assert len(log) == 3


def test_a_mac_that_is_a_secret_is_not_remembered(subject: KMSSubject) -> None:
    store = subject.open()
    log = calls_of(store)
    for purpose in ("refresh-token", "otp-pepper", "secret-hash"):
        assert store.mac(b"x", purpose=purpose) == store.mac(b"x", purpose=purpose)
    assert len(log) == 6


def test_a_public_key_is_fetched_once(subject: KMSSubject) -> None:
    store = subject.open()
    log = calls_of(store)
    for _ in range(3):
        store.sign(b"x", use="proof")
        store.public_keys(use="proof")
    assert [name for name, _ in log].count("GetPublicKey") == 1


def test_a_failed_fetch_is_not_kept(subject: KMSSubject) -> None:
    store = subject.open()
    refusals = [ReadTimeoutError(endpoint_url="https://kms")]

    def fail_once(**_: Any) -> None:
        if refusals:
            raise refusals.pop()

    store._client.meta.events.register_first("before-send.kms", fail_once)
    with pytest.raises(StoreAway):
        store.public_keys(use="root")
    assert store.public_keys(use="root")


def client_error(code: str, status: int = 400) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Decrypt")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("KMSInternalException", 500),
        client_error("DependencyTimeoutException", 503),
        client_error("SomethingNew", 503),
        ReadTimeoutError(endpoint_url="https://kms"),
        ConnectionClosedError(endpoint_url="https://kms"),
    ],
    ids=lambda error: type(error).__name__ if not isinstance(error, ClientError) else error.response["Error"]["Code"],
)
@pytest.mark.parametrize("call", ["seal", "open", "mac", "sign", "public_keys"])
def test_a_service_that_is_away_or_busy_is_store_away(subject: KMSSubject, error: Exception, call: str) -> None:
    store = subject.open()
    run = calls(store)[call]
    fail_with(store, error)
    with pytest.raises(StoreAway) as away:
        run()
    assert away.value.__cause__ is error


@pytest.mark.parametrize("code", ["InvalidCiphertextException", "IncorrectKeyException"])
def test_a_blob_of_another_key_is_key_wrong(subject: KMSSubject, code: str) -> None:
    store = subject.open()
    run = calls(store)["open"]
    fail_with(store, client_error(code))
    with pytest.raises(Refused) as refused:
        run()
    assert refused.value.code == "key_wrong"


@pytest.mark.parametrize(
    "error", [client_error("AccessDeniedException"), client_error("DisabledException"), NoCredentialsError()]
)
@pytest.mark.parametrize("call", ["seal", "open", "mac", "sign", "public_keys"])
def test_any_other_error_passes_up(subject: KMSSubject, error: Exception, call: str) -> None:
    store = subject.open()
    run = calls(store)[call]
    fail_with(store, error)
    with pytest.raises(type(error)) as caught:
        run()
    assert caught.value is error


def test_a_signing_key_of_another_curve_is_named(subject: KMSSubject) -> None:
    store = subject.open()
    subject._signing_keys["root"][0] = subject._key("SIGN_VERIFY", "ECC_NIST_P384")
    with pytest.raises(TypeError, match="ECC_NIST_P256"):
        subject.open().public_keys(use="root")
    assert store.public_keys(use="proof")


def calls(store: KMSKeyStore) -> dict[str, Any]:
    sealed = store.seal(b"x", **PLACE)
    return {
        "seal": lambda: store.seal(b"x", **PLACE),
        "open": lambda: store.open(sealed, **PLACE),
        "mac": lambda: store.mac(b"x", purpose="token"),
        "sign": lambda: store.sign(b"x", use="access"),
        "public_keys": lambda: store.public_keys(use="access"),
    }
