"""What an ID token must say, and where we never go to ask: an issuer on this host that says what a test wants."""

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwk, jws, jwt

from chalicelib.adapters.oidc_identity import OIDCIdentity
from chalicelib.adapters.outward_http import OutwardHTTP
from chalicelib.adapters.outward_networks import is_internet, networks_of, opened
from chalicelib.domain.errors import Refused, StoreAway
from chalicelib.ports.identity import IdentityClient, VerifiedIdentity

LOOPBACK = ["127.0.0.0/8", "::1/128"]
NOW = 1_795_000_000  # fixed: it stands in the names of tests, which every worker must collect alike


@cache
def key_of(kid: str) -> jwk.RSAKey:
    """One key for a name: making them is what takes time here."""
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


class Issuer:
    """``claims`` and ``sign`` make the token; ``keys`` is what it shows; ``asked`` counts paths."""

    def __init__(self) -> None:
        self.key = key_of("first")
        self.keys: list[Any] = [self.key.as_dict(private=False)]
        self.document: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = lambda claims: jwt.encode(
            {"alg": "RS256", "kid": "first"}, claims, self.key
        )
        self.asked: list[str] = []
        self.packed = False
        self.raw: bytes | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _answer(self, path: str) -> Any:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            ends = {"authorization_endpoint": "/a", "token_endpoint": "/t", "jwks_uri": "/k"}
            return {"issuer": self.url, **{name: self.url + end for name, end in ends.items()}, **self.document}
        if path == "/k":
            return {"keys": self.keys}
        sound = {"iss": self.url, "aud": "us", "sub": "s", "nonce": "n", "exp": NOW + 300, "iat": NOW}
        told = {**sound, "email": "taro@example.com", **self.claims}
        return {"id_token": self.sign({name: value for name, value in told.items() if value is not None})}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: Any) -> None:
                """Quiet."""

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                body = issuer.raw or json.dumps(issuer._answer(self.path)).encode()
                self.send_response(200)
                if issuer.packed:
                    body = gzip.compress(body)
                    self.send_header("content-encoding", "gzip")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815  the server's own name

        return Handler


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def identified(issuer: Issuer, service: OIDCIdentity | None = None) -> VerifiedIdentity:
    client = IdentityClient(issuer.url, "us", "secret", "http://127.0.0.1:9/back")
    asked = service or OIDCIdentity(LOOPBACK)
    return asked.identify(client, code="c", nonce="n", code_verifier="v", now=NOW * 1000)


def test_a_service_that_names_itself_in_its_answers_has_to_do_so_in_each(issuer: Issuer) -> None:
    client = IdentityClient(issuer.url, "us", "secret", "http://127.0.0.1:9/back")
    proof = {"code": "c", "nonce": "n", "code_verifier": "v", "now": NOW * 1000}

    def by(said: str | None) -> str:
        try:
            return OIDCIdentity(LOOPBACK).identify(client, **proof, answered_by=said).subject  # type: ignore[arg-type]
        except Refused as refused:
            return refused.code

    assert [by(said) for said in (None, issuer.url, "https://another.example")] == ["s", "s", "identity_refused"]
    issuer.document = {"authorization_response_iss_parameter_supported": True}
    assert [by(said) for said in (None, issuer.url)] == ["identity_refused", "s"]
    assert issuer.asked.count("/t") == 3


def test_a_sound_token_names_its_person(issuer: Issuer) -> None:
    assert identified(issuer) == VerifiedIdentity("s", "taro@example.com", None)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["us", "another"]},
        {"aud": ["us", "another"], "azp": "another"},
        {"azp": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + 120},
        {"iat": NOW - 3_600},
        {"iat": None},
    ],
    ids=str,
)
def test_a_token_that_was_not_said_to_us_or_not_now_proves_nothing(issuer: Issuer, claims: dict[str, Any]) -> None:
    issuer.claims = claims
    with pytest.raises(Refused) as caught:
        identified(issuer)
    assert caught.value.code == "identity_refused"


def test_a_token_for_several_that_names_us_as_its_party_is_taken(issuer: Issuer) -> None:
    issuer.claims = {"aud": ["us", "another"], "azp": "us"}
    assert identified(issuer).subject == "s"


def by_another_key(claims: dict[str, Any]) -> str:
    other = key_of("second")
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, other)


def by_nobody(claims: dict[str, Any]) -> str:
    parts = [jwt.encode({"alg": "HS256"}, claims, jwk.OctKey.import_key("x" * 32)).split(".")[1]]
    return f"eyJhbGciOiJub25lIn0.{parts[0]}."


def by_endless_brackets(_: dict[str, Any]) -> str:
    """Signed as it should be, and no reader of JSON gets to its end."""
    return jws.serialize_compact({"alg": "RS256", "kid": "first"}, b"[" * 90_000, key_of("first"))


@pytest.mark.parametrize(
    "sign", [by_another_key, by_nobody, by_endless_brackets, lambda _: "no token", lambda _: "a.b.c"]
)
def test_a_signature_that_does_not_hold_proves_nothing(issuer: Issuer, sign: Callable[[dict[str, Any]], str]) -> None:
    issuer.sign = sign
    with pytest.raises(Refused) as caught:
        identified(issuer)
    assert caught.value.code == "identity_refused"


def test_a_public_key_is_no_shared_secret(issuer: Issuer) -> None:
    secret = jwk.OctKey.import_key(json.dumps(issuer.keys[0]))
    issuer.sign = lambda claims: jwt.encode({"alg": "HS256", "kid": "first"}, claims, secret)
    with pytest.raises(Refused):
        identified(issuer)


def test_keys_that_changed_are_read_again_but_not_for_every_stranger(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = OIDCIdentity(LOOPBACK)
    identified(issuer, service)
    second = key_of("second")
    issuer.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "second"}, claims, second)
    issuer.keys = [second.as_dict(private=False)]
    with pytest.raises(Refused):
        identified(issuer, service)
    assert issuer.asked.count("/k") == 1
    later = time.monotonic() + 61
    monkeypatch.setattr("chalicelib.adapters.oidc_identity.time.monotonic", lambda: later)
    assert identified(issuer, service).subject == "s"
    assert issuer.asked.count("/k") == 2


@pytest.mark.parametrize(
    "document", [{"issuer": "https://other.example"}, {"token_endpoint": None}, {"jwks_uri": "ftp://x"}], ids=str
)
def test_a_service_that_contradicts_itself_is_none(issuer: Issuer, document: dict[str, Any]) -> None:
    issuer.document = document
    with pytest.raises(Refused) as caught:
        OIDCIdentity(LOOPBACK).check(issuer.url)
    assert caught.value.code == "issuer_invalid"


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.1.1/",
        "https://100.64.0.1/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "http://93.184.216.34/",
        # IPv4 within IPv6: NAT64, its local form, compatible, translated, 6to4, Teredo, ISATAP's neighbourhood.
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[64:ff9b::10.0.0.1]/",
        "https://[64:ff9b:1::10.0.0.1]/",
        "https://[::10.0.0.1]/",
        "https://[::ffff:0:10.0.0.1]/",
        "https://[2002:a00:1::1]/",
        "https://[2001:0:53aa:64c:0:ffff:f5ff:fffe]/",
        "https://[fec0::1]/",
        "https://[5f00::1]/",
        "https://[3fff::1]/",
        "https://[ff0e::1]/",
        "https://192.0.0.9/",
        "https://192.88.99.1/",
        "https://93.184.216.34:8443/",
        "https://93.184.216.34:22/",
    ],
)
def test_no_network_is_entered_that_the_operator_did_not_open(url: str) -> None:
    with pytest.raises(Refused) as caught:
        OutwardHTTP().get(url)
    assert caught.value.code == "issuer_invalid"


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822", "::ffff:93.184.216.34"])
def test_the_internet_is_open(address: str) -> None:
    assert is_internet(address)


def test_what_the_operator_opened_is_so_by_every_form_of_its_addresses_and_at_every_port() -> None:
    networks = networks_of(["10.0.0.0/8", "fd00::/8"])
    assert all(opened(one, networks) for one in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "fd00::1"))
    assert not any(opened(one, networks) for one in ("11.0.0.1", "fe80::1", "64:ff9b::11.0.0.1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example:99999/",
        "https://issuer.example:0/",
        f"https://{'a' * 64}.example/",
        "https://[/",
        "https://an issuer.example/",
        "https://93.184.216.34/a b",
        "https://93.184.216.34/?a=\x7f",
    ],
)
def test_what_is_no_address_is_refused_and_no_failure(url: str) -> None:
    with pytest.raises(Refused) as caught:
        OutwardHTTP().get(url)
    assert caught.value.code == "issuer_invalid"


@pytest.mark.parametrize("slow", [b"HTTP/1.1 200 OK\r\nx-a: ", b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n"])
def test_who_answers_by_drops_is_given_up_as_a_whole(slow: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        taken, _ = listener.accept()
        with taken:
            taken.sendall(slow)
            while not over.wait(0.02):
                try:
                    taken.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    try:
        with pytest.raises(StoreAway):
            OutwardHTTP(LOOPBACK, whole_seconds=0.3).get(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    finally:
        over.set()
        thread.join()
        listener.close()


def test_what_is_packed_is_not_unpacked(issuer: Issuer) -> None:
    issuer.packed = True
    with pytest.raises(Refused) as caught:
        OIDCIdentity(LOOPBACK).check(issuer.url)
    assert caught.value.code == "issuer_invalid"


def test_brackets_without_end_are_no_document(issuer: Issuer) -> None:
    issuer.raw = b"[" * 200_000
    with pytest.raises(Refused) as caught:
        OIDCIdentity(LOOPBACK).check(issuer.url)
    assert caught.value.code == "issuer_invalid"


@pytest.mark.parametrize("methods", [None, 5, []], ids=str)
def test_a_service_that_names_no_way_to_prove_ourselves_gets_the_usual_one(issuer: Issuer, methods: Any) -> None:
    issuer.document = {"token_endpoint_auth_methods_supported": methods}
    assert identified(issuer).subject == "s"


def test_a_name_is_resolved_once_and_every_address_of_it_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: answers)
    with pytest.raises(Refused):
        OutwardHTTP().get("https://two-faced.example/")


def test_a_name_that_leads_nowhere_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: Any, **__: Any) -> Any:
        raise OSError("no such name")

    monkeypatch.setattr("socket.getaddrinfo", nowhere)
    with pytest.raises(StoreAway):
        OutwardHTTP().get("https://nowhere.example/")


def test_an_endless_answer_is_not_read(issuer: Issuer) -> None:
    issuer.document = {"more": "x" * 300_000}
    with pytest.raises(Refused):
        OIDCIdentity(LOOPBACK).check(issuer.url)
