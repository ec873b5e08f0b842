"""Stories in which every function does everything that it can do: what the policies are held against.

The cast of tests/service comes first, then every route as somebody who may, then what takes more than one request, then time passes.
"""

import json
import os
import re
from base64 import b32decode
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import boto3
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from chalicelib.domain.totp import step_of, totp
from chalicelib.ports.identity import VerifiedIdentity
from deploy.names import FUNCTIONS
from fumibako_format import base64url, jws
from tests.contract.aws_world import REGION
from tests.deploy.packaging.aws_install import PREFIX, AWSInstall
from tests.deploy.packaging.stories_branches import BRANCHES
from tests.service.matrix import rows_auth, rows_rest, rows_transfers
from tests.service.matrix.rows import Row
from tests.service.support import parcel
from tests.service.support.caller import Answer, mailed_code, mailed_link, mails_to
from tests.service.support.cast import HANAKO, SOTO, Cast, assembled
from tests.service.support.people import PASSWORD, invite, sign_in, token_of
from tests.service.support.world import ADMIN, BASE, RIVAL

MINUTE: Final = 60_000
DAY: Final = 24 * 60 * MINUTE
ROWS: Final = (*rows_auth.ROWS, *rows_transfers.ROWS, *rows_rest.ROWS)
_FORM: Final = {"content-type": "application/x-www-form-urlencoded", "origin": "https://files.acme.example"}


def routes(install: AWSInstall) -> None:
    """Everybody of tests/service, every route, and what takes more than one request."""
    cast = assembled(install)  # type: ignore[arg-type]
    install.tenant("acme", allow_plain=True, requests_per_minute=1_000_000)
    every_route(install, cast)
    for story in (*STORIES, *BRANCHES):
        story(install, cast)


def lifetimes(install: AWSInstall) -> None:
    """A few people, and what comes with time."""
    cast = Cast(install)  # type: ignore[arg-type]
    cast.passwords = {"admin": install.new_tenant("acme", BASE, ADMIN)}
    cast.members = {"owner": invite(install, _token(install, "admin", cast), HANAKO)}
    for story in LATER:
        story(install, cast)


def every_route(install: AWSInstall, cast: Cast) -> None:
    """Each route of the matrix as those who may; what follows from it follows, and then it has not happened."""
    for row in ROWS:
        settled = row.method == "GET"
        for token, path, body in _asked(cast, row):
            with install.undone():
                base = RIVAL if token.startswith("rival") else None
                answer = install.call(
                    row.method, path, body, token=cast.tokens[token], headers=dict(row.headers), base=base
                )
                assert answer.status < 500 or answer.code == "compatible_away", (row.key, answer.body)
                if answer.status < 300 and not settled:
                    install.settle()
                    settled = True


def _asked(cast: Cast, row: Row) -> Iterator[tuple[str, str, Any]]:
    if not row.probes:
        yield from ((token, row.path, row.body) for token in ("owner", "admin", "robot", "soto", "filler", "none"))
    for probe in row.probes:
        ids = probe.ids(cast)
        for token, kinds in probe.reach.items():
            yield from ((token, *probe.build(cast, ids[kind])) for kind in sorted(kinds) if kind in ids)


def large_files(install: AWSInstall, cast: Cast) -> None:
    """Uploads in parts: signed, asked for again, joined; a small one; one given up."""
    token = _token(install)
    for content in (os.urandom(17 << 20), b"small"):
        made = parcel.create(install, token, {"large.bin": content}, recipients=[{"email": SOTO}], hold_minutes=0)
        blob = made.answer["files"][0]["blob"]
        again = {"parts": [{"blob": blob, "part": 1}]}
        assert install.call("POST", f"{made.path}/parts", again, token=token).status == 200
        assert install.call("GET", f"{made.path}/parts?blob={blob}", token=token).status == 200
        parcel.store(install, token, made)
        assert install.call("POST", f"{made.path}/complete", {}, token=token).status == 202
        install.settle()
    left = parcel.create(install, token, {"left.bin": os.urandom(17 << 20)})
    blob = left.answer["files"][0]["blob"]
    assert install.call("GET", f"{left.path}/parts?blob={blob}", token=token).status == 200
    assert install.call("DELETE", left.path, token=token).status == 202
    install.settle()


def plain_pages(install: AWSInstall, cast: Cast) -> None:
    """A plain transfer by the pages without script, to the file; proved by a code and by the link alone."""
    token = _token(install)
    for proof in ("link", "code"):
        address = f"plain-{proof}@example.com"
        given = {"class": "plain", "hold_minutes": 0, "proof": proof, "recipients": [{"email": address}]}
        parcel.send(install, token, {"one.txt": b"one", "two.bin": os.urandom(2 << 20)}, **given)
        install.settle()
        path = urlsplit(mailed_link(install, address)).path
        jar: dict[str, str] = {}
        _page(install, jar, "GET", path)
        seen = len(mails_to(install, address))
        _page(install, jar, "POST", path)
        if proof == "code":
            _page(install, jar, "POST", path, f"code={mailed_code(install, address, after=seen)}")
        listed = _page(install, jar, "GET", f"{path}/files")
        links = re.findall(r'href="([^"]*/files/[^"]*)"', listed.raw.decode())
        assert links
        for link in links:
            assert _page(install, jar, "GET", link).status == 303
    install.settle()


def second_factor(install: AWSInstall, cast: Cast) -> None:
    """Begun, confirmed, used, taken away."""
    token = _token(install)
    secret = install.call("POST", "/auth/v1/totp", token=token).body["secret"]
    raw = b32decode(secret + "=" * (-len(secret) % 8))
    confirm = {"code": totp(raw, step_of(install.host_ms()))}
    assert install.call("POST", "/auth/v1/totp/confirm", confirm, token=token).status == 200
    install.offset += MINUTE
    code = totp(raw, step_of(install.host_ms()))
    token = str(sign_in(install, HANAKO, PASSWORD, totp=code)["access_token"])
    assert install.call("DELETE", "/auth/v1/totp", {"password": PASSWORD}, token=token).status == 204
    install.settle()


def accounts(install: AWSInstall, cast: Cast) -> None:
    """A terminal, an assertion, a new password, a member who leaves, a renewed session, a wrong password."""
    token = _token(install)
    begun = install.call("POST", "/auth/v1/device", {"device_name": "build"}).body
    fetch = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    assert install.call("POST", "/auth/v1/token", fetch).code == "authorization_pending"
    approve = {"user_code": begun["user_code"], "approve": True}
    assert install.call("POST", "/auth/v1/device/approve", approve, token=token).status == 204
    install.offset += MINUTE
    tokens = install.call("POST", "/auth/v1/token", fetch).body
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert install.call("POST", "/auth/v1/token", renew).status == 200
    private = ec.generate_private_key(ec.SECP256R1())
    robot = {"name": "signer", "scopes": ["transfers:write"], "public_jwk": jws.public_jwk(private.public_key())}
    made = install.call("POST", "/auth/v1/service-accounts", robot, token=_token(install, "admin", cast)).body
    grant = {"grant_type": "client_credentials", "client_assertion": _assertion(install, made["client_id"], private)}
    assert install.call("POST", "/auth/v1/token", grant).status == 200
    assert install.call("POST", "/auth/v1/login", {"email": HANAKO, "password": "wrong", "client": "cli"}).status == 401
    change = {"current": PASSWORD, "new": "four other unrelated words"}
    with install.undone():
        assert install.call("POST", "/auth/v1/password", change, token=token).status == 204
        install.settle()
    install.settle()


def partner_sign_in(install: AWSInstall, cast: Cast) -> None:
    """A guest whose company vouches for them."""
    guest = "kyaku@vouched.example"
    cast.ready(_token(install), guest)
    link = token_of(mailed_link(install, guest))
    asked = install.call("POST", "/auth/v1/links/sso", {"token": link})
    assert asked.status == 200, asked.body
    (state,) = parse_qs(urlsplit(asked.body["url"]).query)["state"]
    install.identity.people["c"] = VerifiedIdentity("sub", guest, True)
    cookie = asked.headers["set-cookie"].partition(";")[0]
    came = install.call("GET", f"/auth/v1/links/sso/callback?code=c&state={state}", headers={"cookie": cookie})
    assert came.headers["location"] == "/l?sso=done"
    install.settle()


def downloads(install: AWSInstall, cast: Cast) -> None:
    """A guest takes everything; the last allowed download closes the transfer. Another asks for an address that needs no script."""
    token = _token(install)
    made = cast.ready(token, "last@example.com", proof="link", max_downloads=1)
    guest = _guest(install, "last@example.com")
    session = install.call("POST", f"{made.path}/downloads", {}, token=guest).body
    for file in session["files"]:
        parcel.ranged(install, file)
    done = {"files": [file["id"] for file in session["files"]]}
    begun = f"{made.path}/downloads/{session['session']}"
    assert install.call("POST", f"{begun}/complete", done, token=guest).status == 204
    install.settle()
    other = cast.ready(token, "old-browser@example.com", proof="link")
    guest = _guest(install, "old-browser@example.com")
    session = install.call("POST", f"{other.path}/downloads", {}, token=guest).body
    files = {"files": [file["id"] for file in session["files"]]}
    address = f"{other.path}/downloads/{session['session']}/addresses"
    assert install.call("POST", address, files, token=guest).status == 201


def cross_origin(install: AWSInstall, cast: Cast) -> None:
    """Pages of a tenant, and of nobody we know, ask each service from another host."""
    for service in FUNCTIONS:
        for origin in (RIVAL, "https://elsewhere.example"):
            answer = install.call("GET", f"/{service}/v1/openapi.json", headers={"origin": origin})
            assert answer.status == 200, answer.body
            assert ("access-control-allow-origin" in answer.headers) == (origin == RIVAL)


def dead_letters(install: AWSInstall, cast: Cast) -> None:
    """A mail that could not be sent is put back by an admin, and sent."""
    challenge = {"token": token_of(cast.links["soto"])}
    assert install.call("POST", "/auth/v1/links/challenge", challenge).status == 200
    (row, *_) = install.outbox()
    sqs = boto3.client("sqs", region_name=REGION)
    dead = sqs.get_queue_url(QueueName=f"{PREFIX}-notifications-dead")["QueueUrl"]
    sqs.send_message(QueueUrl=dead, MessageBody=row["b"]["S"])
    replay = install.call("POST", "/notifications/v1/deliveries/replay", token=_token(install, "admin", cast))
    assert replay.status == 202
    install.settle()


def time_passes(install: AWSInstall, cast: Cast) -> None:
    """Holds end, reminders go out, transfers and requests end, certificates and roots are signed; every process sees the minutes pass."""
    token = _token(install)
    parcel.create(install, token, {"never finished.bin": os.urandom(17 << 20)})
    cast.ready(token, "unread@example.com", expires_in_minutes=3 * 24 * 60)
    cast.transfers["signed"] = cast.ready(token, "short@example.com", proof="link", expires_in_minutes=10)
    for passing in (20 * MINUTE, 2 * DAY, 2 * DAY, 60 * DAY):
        install.pass_time(passing)
        install.scheduled()
        install.settle()
    install.scheduled()
    token = _token(install)
    answer = install.call("GET", f"{cast.transfers['signed'].path}/certificate", token=token)
    assert answer.status == 200, answer.body


def recalled(install: AWSInstall, cast: Cast) -> None:
    """What was uploaded in parts can't come back by an old address, so its recall ends in one go."""
    token = _token(install)
    contents = {"large.bin": os.urandom(17 << 20)}
    made = parcel.send(install, token, contents, recipients=[{"email": SOTO}], hold_minutes=0)
    install.settle()
    install.pass_time(DAY)
    assert install.call("DELETE", made.path, token=_token(install)).status == 202
    install.settle()


def audit(install: AWSInstall, cast: Cast) -> None:
    """What was written down is read, checked, exported, and its personal part erased."""
    token = _token(install, "admin", cast)
    for path in ("audit?limit=100", "audit/export", "audit/roots", "audit/check", "usage", "events?limit=50"):
        answer = install.call("GET", f"/reporting/v1/{path}", token=token)
        assert answer.status == 200, answer.body
    erased = install.call("POST", "/reporting/v1/audit/erase-personal", {"actor": cast.members["owner"]}, token=token)
    assert erased.status == 200, erased.body
    assert install.call("GET", cast.transfers["signed"].path, token=_token(install)).status == 200
    install.settle()


def a_year_passes(install: AWSInstall, cast: Cast) -> None:
    """The key of proofs is stated anew, by whichever function signs first."""
    for first in ("issue_certificate_batches", "sign_audit_roots"):
        install.pass_time(340 * DAY)
        cast.ready(_token(install), f"{first}@example.com", proof="link", expires_in_minutes=10)
        install.pass_time(20 * MINUTE)
        install.scheduled("form_audit_blocks")
        install.scheduled(first)
        install.settle()


def every_function_has_been_up_for_hours(install: AWSInstall, cast: Cast) -> None:
    """The clock's mark is renewed by whichever function is up for more than a minute, a personal token's use is noted once an hour."""
    wanted = {"name": "k", "scopes": ["transfers:read", "audit:read"]}
    key = install.call("POST", "/auth/v1/keys", wanted, token=_token(install, "admin", cast)).body["token"]
    for passing in (2 * MINUTE, 61 * MINUTE, 2 * MINUTE):
        for service in FUNCTIONS:
            # Each first of all services, so that each notes what the others would have noted.
            install.offset += passing
            for token in (key, _token(install, "admin", cast)):
                answer = install.call("GET", f"/{service}{_LISTED[service]}", token=token)
                assert answer.status in (200, 403), answer.body
        install.scheduled()
        cast.ready(_token(install), "again@example.com")


_LISTED: Final = {
    "auth": "/v1/me",
    "transfers": "/v1/transfers",
    "notifications": "/v1/deliveries",
    "reporting": "/v1/usage",
}


def unsent(install: AWSInstall, cast: Cast) -> None:
    """Events that the stream left behind."""
    parcel.create(install, _token(install), {"a.txt": b"a"})
    install.call("POST", "/auth/v1/keys", {"name": "k", "scopes": ["transfers:read"]}, token=_token(install))
    assert install.outbox()
    install.scheduled("resend_unsent")
    assert not install.outbox()
    install.settle()


STORIES: Final[tuple[Callable[[AWSInstall, Cast], None], ...]] = (
    large_files,
    plain_pages,
    second_factor,
    accounts,
    partner_sign_in,
    downloads,
    cross_origin,
    dead_letters,
    unsent,
)
LATER: Final = (time_passes, recalled, audit, every_function_has_been_up_for_hours, a_year_passes)
# Told apart, so that none takes long.
TELLINGS: Final = {"routes": routes, "lifetimes": lifetimes}


def _token(install: AWSInstall, who: str = "owner", cast: Cast | None = None) -> str:
    """A fresh access token: time passes in these stories."""
    if who == "owner":
        return str(sign_in(install, HANAKO, PASSWORD)["access_token"])
    assert cast is not None
    return str(sign_in(install, ADMIN, cast.passwords["admin"])["access_token"])


def _guest(install: AWSInstall, address: str) -> str:
    link = token_of(mailed_link(install, address))
    return str(install.call("POST", "/auth/v1/links/verify", {"token": link}).body["access_token"])


def _page(install: AWSInstall, jar: dict[str, str], method: str, path: str, form: str = "") -> Answer:
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items())} if jar else {}
    sent = {**cookies, **(_FORM if method == "POST" else {})}
    answer = install.call(method, path, raw=form.encode() if method == "POST" else None, headers=sent)
    assert answer.status < 500, (method, path, answer.raw[:300])
    jar.update(re.findall(r"(fumibako_\w+)=([^;,]*)", answer.headers.get("set-cookie", "")))
    return answer


def _assertion(install: AWSInstall, client: str, private: ec.EllipticCurvePrivateKey) -> str:
    claims = {
        "iss": client,
        "sub": client,
        "aud": "https://files.acme.example/auth/v1/token",
        "exp": install.host_ms() // 1000 + 60,
        "jti": base64url.encode(os.urandom(9)),
    }
    signed = jws.sign(
        json.dumps(claims).encode(),
        header={"alg": "ES256"},
        sign=lambda data: jws.raw_from_der(private.sign(data, ec.ECDSA(SHA256()))),
    )
    return str(signed)
