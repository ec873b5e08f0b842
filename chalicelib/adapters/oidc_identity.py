"""Sign-in services by OpenID Connect: discovery, code flow with PKCE, and what an ID token must say (Core 1.0, 3.1.3.7).

Discovery documents and keys are kept for ten minutes; a token under an unknown key has the keys read once more, at most once a minute for an issuer,
so that a service may change its keys and nobody can make us ask it all the time.
"""

import hashlib
import json
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chalicelib.adapters.outward_http import OutwardHTTP
from chalicelib.domain.errors import Refused
from chalicelib.ports.identity import IdentityClient, SignInRequest, VerifiedIdentity

# What OpenID Connect providers sign with; never "none", never a shared secret.
_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
_KEPT_SECONDS = 600.0
_AGAIN_SECONDS = 60.0
_LEEWAY_SECONDS = 60
_OLDEST_SECONDS = 600
# What reading a stranger's keys and tokens raises; the last for JSON that is nested without end.
_MALFORMED = (JoseError, ValueError, TypeError, KeyError, RecursionError)


@dataclass
class _Known:
    document: dict[str, Any]
    read_at: float
    keys: KeySet | None = None
    keys_at: float = field(default=float("-inf"))


class OIDCIdentity:
    """``private_networks``: see OutwardHTTP. Safe for several threads."""

    def __init__(self, private_networks: Sequence[str] = ()) -> None:
        self._http = OutwardHTTP(private_networks)
        self._known: dict[str, _Known] = {}
        self._lock = threading.Lock()

    def check(self, issuer: str) -> None:
        """Read what the issuer says of itself, anew."""
        with self._lock:
            self._known.pop(issuer, None)
        self._keys(self._discovered(issuer), fresh=True)

    def authorization_url(self, client: IdentityClient, request: SignInRequest) -> str:
        """Where the browser goes."""
        known = self._discovered(client.issuer)
        challenge = urlsafe_b64encode(hashlib.sha256(request.code_verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": "openid email",
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "login_hint": request.login_hint,
        }
        endpoint = str(known.document["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    def identify(
        self,
        client: IdentityClient,
        *,
        code: str,
        nonce: str,
        code_verifier: str,
        now: int,
        answered_by: str | None = None,
    ) -> VerifiedIdentity:
        """Exchange the code and judge the ID token."""
        known = self._discovered(client.issuer)
        _require_answer_of(known.document, client.issuer, answered_by)
        token = self._exchanged(known, client, code, code_verifier)
        claims = self._verified(known, token)
        _require_claims(claims, client, nonce, now // 1000)
        verified = claims.get("email_verified")
        return VerifiedIdentity(
            subject=str(claims["sub"]),
            email=str(claims.get("email") or claims.get("preferred_username") or ""),
            # Some services write the word instead of the value.
            email_verified=None if verified is None else verified is True or verified == "true",
        )

    def _exchanged(self, known: _Known, client: IdentityClient, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": verifier,
        }
        methods = known.document.get("token_endpoint_auth_methods_supported")
        headers = {}
        if not methods or not isinstance(methods, list | str) or "client_secret_basic" in methods:
            # RFC 6749 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote(client.client_id, safe='')}:{quote(client.client_secret, safe='')}"
            headers = {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}
        else:
            form |= {"client_id": client.client_id, "client_secret": client.client_secret}
        answer = self._http.post_form(str(known.document["token_endpoint"]), form, headers)
        token = _json(answer.body).get("id_token") if answer.status == 200 else None
        if not isinstance(token, str):
            raise _refused("The sign-in service did not confirm the sign-in.")
        return token

    def _verified(self, known: _Known, token: str) -> dict[str, Any]:
        for fresh in (False, True):
            try:
                return dict(jwt.decode(token, self._keys(known, fresh=fresh), algorithms=_ALGORITHMS).claims)
            except _MALFORMED:
                if fresh or time.monotonic() < known.keys_at + _AGAIN_SECONDS:
                    raise _refused("What the sign-in service signed does not hold.") from None
        raise _refused("What the sign-in service signed does not hold.")

    def _discovered(self, issuer: str) -> _Known:
        with self._lock:
            known = self._known.get(issuer)
        if known is not None and time.monotonic() < known.read_at + _KEPT_SECONDS:
            return known
        answer = self._http.get(issuer.rstrip("/") + "/.well-known/openid-configuration")
        document = _json(answer.body) if answer.status == 200 else {}
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if document.get("issuer") != issuer or not all(isinstance(document.get(one), str) for one in needed):
            raise Refused("issuer_invalid", "There is no OpenID Connect service of this name at this address.")
        if not all(_safe(str(document[one]), issuer) for one in needed):
            raise Refused("issuer_invalid", "The sign-in service names addresses without https.")
        known = _Known(document, time.monotonic())
        with self._lock:
            self._known[issuer] = known
        return known

    def _keys(self, known: _Known, *, fresh: bool) -> KeySet:
        if known.keys is None or fresh:
            known.keys_at = time.monotonic()
            answer = self._http.get(str(known.document["jwks_uri"]))
            try:
                known.keys = KeySet.import_key_set(_json(answer.body))  # type: ignore[arg-type]  # judged by what it does
            except _MALFORMED:
                raise Refused("issuer_invalid", "The sign-in service shows no keys.") from None
        return known.keys


def _require_answer_of(document: dict[str, Any], issuer: str, answered_by: str | None) -> None:
    """Against mix-up (RFC 9700 4.4): a code that another service gave must not be carried to this one. RFC 9207 2.4."""
    names_itself = document.get("authorization_response_iss_parameter_supported") is True
    if answered_by != issuer and (answered_by is not None or names_itself):
        raise _refused("Another sign-in service answered than was asked.")


def _require_claims(claims: dict[str, Any], client: IdentityClient, nonce: str, now: int) -> None:
    """OpenID Connect Core 1.0, 3.1.3.7, numbers 2, 3, 4, 5, 9, 10 and 11."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    expires, issued = claims.get("exp"), claims.get("iat")
    times = all(isinstance(one, int) and not isinstance(one, bool) for one in (expires, issued))
    sound = (
        times
        and claims.get("iss") == client.issuer
        and client.client_id in audiences
        and (party == client.client_id if party is not None else len(audiences) == 1)
        and claims.get("nonce") == nonce
        and isinstance(claims.get("sub"), str)
        and int(expires or 0) + _LEEWAY_SECONDS > now
        and now - _OLDEST_SECONDS < int(issued or 0) <= now + _LEEWAY_SECONDS
    )
    if not sound:
        raise _refused("What the sign-in service says was not said to us, or not now.")


def _safe(url: str, issuer: str) -> bool:
    return url.startswith("https://") or (issuer.startswith("http://") and url.startswith("http://"))


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refused(detail: str) -> Refused:
    return Refused("identity_refused", detail)
