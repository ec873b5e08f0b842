"""A program's sign-in: the key file of a service account, and the access tokens it is exchanged for (spec/api.md, auth; RFC 7523).

The file is JSON, readable by its owner alone: ``{"url", "client_id", "private_jwk"}`` or ``client_secret`` in place of the key
(spec/cli/key-file.schema.json). The private key never leaves this process: it signs an assertion that lives two minutes.
"""

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fumibako.cli.terminal import read_text
from fumibako.credentials import Credentials
from fumibako.errors import NotAllowed, UsageError
from fumibako.http import Api, Pool, call_open, take_tokens
from fumibako.messages import shown_path, text
from fumibako_format import jws
from fumibako_format.base64url import decode, encode
from fumibako_format.canonical import canonical_json
from fumibako_format.errors import FormatError

ASSERTION_SECONDS: Final = 120
_BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class KeyFile:
    """One service account of one install; exactly one of ``secret`` and ``private_jwk``. Neither is ever printed."""

    url: str
    client_id: str
    secret: str | None = field(default=None, repr=False)
    private_jwk: dict[str, str] | None = field(default=None, repr=False)


def read_key_file(path: Path, *, default_url: str = "") -> KeyFile:
    """Raises UsageError("file_unreadable"), UsageError("key_file_wrong")."""
    try:
        found = json.loads(read_text(path))
        key = KeyFile(
            str(found.get("url") or default_url).rstrip("/"),
            str(found["client_id"]),
            found.get("client_secret"),
            found.get("private_jwk"),
        )
        if not key.url or (key.secret is None) == (key.private_jwk is None):
            raise ValueError
        if key.private_jwk is not None:
            _signer(key.private_jwk)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError) as error:
        wrong = text("key_file_wrong", path=shown_path(path))
        raise UsageError("key_file_wrong", wrong, text("key_file_wrong_hint")) from error
    return key


def new_private_jwk() -> tuple[dict[str, str], dict[str, str]]:
    """A fresh Ed25519 key as (private, public) JWK (RFC 8037)."""
    private = Ed25519PrivateKey.generate()
    public = {"kty": "OKP", "crv": "Ed25519", "x": encode(private.public_key().public_bytes_raw())}
    return {**public, "d": encode(private.private_bytes_raw())}, public


def _signer(jwk: dict[str, str]) -> tuple[str, Callable[[bytes], bytes]]:
    """The algorithm of a private JWK, and what signs with it. Raises ValueError, KeyError, EncodingInvalid."""
    if jwk["kty"] == "OKP" and jwk["crv"] == "Ed25519":
        return "EdDSA", Ed25519PrivateKey.from_private_bytes(decode(jwk["d"])).sign
    if jwk["kty"] == "EC" and jwk["crv"] == "P-256":
        private = ec.derive_private_key(int.from_bytes(decode(jwk["d"])), ec.SECP256R1())
        return "ES256", lambda data: jws.raw_from_der(private.sign(data, ec.ECDSA(hashes.SHA256())))
    raise ValueError("neither Ed25519 nor P-256")


def client_proof(key: KeyFile) -> dict[str, Any]:
    """The body of POST /auth/v1/token that proves this program, good for one use."""
    body: dict[str, Any] = {"grant_type": "client_credentials", "client_id": key.client_id}
    if key.private_jwk is None:
        return {**body, "client_secret": key.secret}
    alg, sign = _signer(key.private_jwk)
    claims = {
        "iss": key.client_id,
        "sub": key.client_id,
        "aud": key.url,
        "exp": int(time.time()) + ASSERTION_SECONDS,
        "jti": secrets.token_urlsafe(16),
    }
    assertion = jws.sign(canonical_json(claims), header={"alg": alg, "typ": "JWT"}, sign=sign)
    return {**body, "client_assertion_type": _BEARER, "client_assertion": assertion}


class ProgramApi(Api):
    """The API as a service account: where a person's token is refreshed, a program proves itself again."""

    def __init__(self, key: KeyFile, pool: Pool) -> None:
        # Never sent: it only says that this sign-in can be renewed.
        super().__init__(Credentials(key.url, "", refresh_token="client_credentials"), pool)  # noqa: S106
        self._key = key

    def _ask_token(self) -> None:
        try:
            answer = call_open(self.pool, self._key.url, "/auth/v1/token", client_proof(self._key))
        except NotAllowed as error:
            raise NotAllowed("client_invalid", text("client_invalid"), text("client_invalid_hint")) from error
        take_tokens(self.credentials, {**answer, "refresh_token": None})
