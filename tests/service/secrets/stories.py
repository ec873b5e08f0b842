"""Whole stories with values that stand nowhere else, so that each can be looked for."""

import os
from dataclasses import dataclass, field
from typing import Any

from fumibako_format import base64url
from fumibako_format.slots import Argon2Parameters, link_slot, passphrase_slot
from tests.service.support import parcel
from tests.service.support.caller import mailed_code, mailed_link, mails_to
from tests.service.support.cast import REQUESTS
from tests.service.support.people import PASSWORD, sign_in
from tests.service.support.world import ADMIN, BASE, World

AUTH = "/auth/v1"
GUEST, ASKED, SECRET_GUEST = "guest.qzxv@example.com", "asked.qzxw@example.com", "sealed.qzxy@example.com"
MEMBER = "member.qzxu@acme.example"
CONTENT = b"planted-content-of-a-file-kjhg"
FILE_NAME = "planted 見積 name.pdf"
SEALED_NAME = "planted sealed name.pdf"
PASSPHRASE = "planted passphrase of the sender"
WRONG = "planted-wrong-password"
NEW_PASSWORD = "planted new password 77"
TITLE, MESSAGE = "Planted title qzx", "Planted message qzx"


@dataclass
class Planted:
    """Values by what they are. ``canary`` is the key of a sealed transfer, in every shape it has."""

    secrets: dict[str, str | bytes] = field(default_factory=dict)
    canary: dict[str, bytes] = field(default_factory=dict)


def tell(world: World) -> Planted:
    """All stories, one after the other."""
    planted = Planted()
    admin = _first_days(world, planted)
    member = _member(world, planted, admin)
    _programs(world, planted, admin, member)
    _send_and_get(world, planted, member)
    _recall(world, member)
    _request(world, planted, member)
    _sealed(world, planted, member)
    _failing(world, planted)
    world.settle()
    world.pass_time(60_000)
    for _ in range(2):  # certificates, audit blocks and their roots, and what follows from them
        world.scheduled()
        world.settle()
    return planted


def _ok(answer: Any) -> Any:
    assert answer.status < 300, answer.raw
    return answer.body


def _first_days(world: World, planted: Planted) -> str:
    password = world.new_tenant("acme", BASE, ADMIN)
    tokens = sign_in(world, ADMIN, password)
    planted.secrets |= {"first password": password, "access token": tokens["access_token"]}
    planted.secrets["refresh token"] = tokens["refresh_token"]
    body = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    turned = _ok(world.call("POST", f"{AUTH}/token", body))
    planted.secrets["second refresh token"] = turned["refresh_token"]
    return str(turned["access_token"])


def _member(world: World, planted: Planted, admin: str) -> str:
    body = {"email": MEMBER, "name": "Planted Member Qzx", "roles": ["member"]}
    invitation = _ok(world.call("POST", f"{AUTH}/members", body, token=admin))["invitation_token"]
    world.settle()
    _ok(world.call("POST", f"{AUTH}/members/accept", {"token": invitation, "password": PASSWORD}))
    token = sign_in(world, MEMBER, PASSWORD)["access_token"]
    change = {"current": PASSWORD, "new": NEW_PASSWORD}
    _ok(world.call("POST", f"{AUTH}/password", change, token=token))
    totp = _ok(world.call("POST", f"{AUTH}/totp", token=token))
    planted.secrets |= {"invitation": invitation, "password": PASSWORD, "new password": NEW_PASSWORD}
    planted.secrets |= {"TOTP secret": totp["secret"], "TOTP address": totp["uri"]}
    world.call("POST", f"{AUTH}/totp/confirm", {"code": "135790"}, token=token)
    return str(token)


def _programs(world: World, planted: Planted, admin: str, member: str) -> None:
    body = {"name": "Planted key", "scopes": ["transfers:read"]}
    personal = _ok(world.call("POST", f"{AUTH}/keys", body, token=member, headers={"idempotency-key": "k"}))["token"]
    _ok(world.call("GET", f"{AUTH}/me", token=personal))
    robot = _ok(world.call("POST", f"{AUTH}/service-accounts", body, token=admin, headers={"idempotency-key": "r"}))
    grant = {
        "grant_type": "client_credentials",
        "client_id": robot["client_id"],
        "client_secret": robot["client_secret"],
    }
    robots_token = _ok(world.call("POST", f"{AUTH}/token", grant))["access_token"]
    _ok(world.call("GET", "/transfers/v1/transfers", token=robots_token))
    device = _ok(world.call("POST", f"{AUTH}/device", {"device_name": "planted"}))
    approve = {"user_code": device["user_code"], "approve": True}
    _ok(world.call("POST", f"{AUTH}/device/approve", approve, token=member))
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": device["device_code"]}
    through_device = _ok(world.call("POST", f"{AUTH}/token", grant))
    planted.secrets |= {
        "personal token": personal,
        "client secret": robot["client_secret"],
        "program's access token": robots_token,
        "device code": device["device_code"],
        "device's refresh token": through_device["refresh_token"],
    }


def _send_and_get(world: World, planted: Planted, member: str) -> None:
    to = {"recipients": [{"email": GUEST, "name": "Planted Guest Qzx"}], "title": TITLE, "message": MESSAGE}
    made = parcel.send(world, member, {FILE_NAME: CONTENT}, hold_minutes=0, **to)
    guest = _proved(world, planted, GUEST, "")
    assert parcel.fetch(world, guest, made.id) == {FILE_NAME: CONTENT}
    session = _ok(world.call("POST", f"{made.path}/downloads", {}, token=guest))
    _ok(world.call("POST", f"{made.path}/downloads/{session['session']}/complete", {}, token=guest))
    _ok(world.call("POST", f"{made.path}/links", {}, token=member))
    world.settle()
    assert made.key is not None
    planted.secrets |= {"transfer key": made.key, "file key": base64url.decode(session["files"][0]["key"])}
    planted.secrets |= {"content": CONTENT, "file name": FILE_NAME, "signature": _signature(session["files"][0]["url"])}
    planted.secrets["part signature"] = _signature(made.answer["uploads"][0]["url"])


def _signature(url: str) -> str:
    return url.partition("sig=")[2]


def _proved(world: World, planted: Planted, address: str, which: str) -> str:
    """A guest by the code that was mailed; link, code, challenge and tokens are planted."""
    token = mailed_link(world, address).partition("#")[2]
    seen = len(mails_to(world, address))
    challenge = _ok(world.call("POST", f"{AUTH}/links/challenge", {"token": token}))["challenge"]
    code = mailed_code(world, address, after=seen)
    wrong = {"token": token, "challenge": challenge, "code": f"{(int(code) + 1) % 10**8:08d}"}
    assert world.call("POST", f"{AUTH}/links/verify", wrong).status == 401
    tokens = _ok(world.call("POST", f"{AUTH}/links/verify", {**wrong, "code": code}))
    planted.secrets |= {
        f"{which}link": token,
        f"{which}link's secret": token.partition(".")[2],
        f"{which}code": code,
        f"{which}challenge": challenge.partition(".")[2],
        f"{which}guest's access token": tokens["access_token"],
        f"{which}guest's refresh token": tokens["refresh_token"],
    }
    return str(tokens["access_token"])


def _recall(world: World, member: str) -> None:
    made = parcel.send(world, member, {FILE_NAME: CONTENT}, hold_minutes=0, recipients=[{"email": GUEST}])
    world.settle()
    _ok(world.call("DELETE", made.path, token=member))
    world.settle()


def _request(world: World, planted: Planted, member: str) -> None:
    body = {"title": TITLE, "message": MESSAGE, "recipients": [{"email": ASKED}]}
    _ok(world.call("POST", REQUESTS, body, token=member))
    guest = _proved(world, planted, ASKED, "asked ")
    made = parcel.send(world, guest, {FILE_NAME: CONTENT})
    world.settle()
    assert made.key is not None
    planted.secrets["asked transfer key"] = made.key
    open_one = _ok(world.call("POST", REQUESTS, {"title": TITLE, "proof": "link"}, token=member))
    planted.secrets["open link"] = open_one["url"].partition("#")[2]


def _sealed(world: World, planted: Planted, member: str) -> None:
    """The key never leaves this function but wrapped."""
    key = os.urandom(32)
    to = {"recipients": [{"email": SECRET_GUEST}], "hold_minutes": 0, "class": "sealed", "proof": "passphrase"}
    made = parcel.create(world, member, {SEALED_NAME: CONTENT}, key=key, **to)
    parcel.store(world, member, made)
    slot, link_key = link_slot(key, made.id, os.urandom)
    quick = Argon2Parameters(memory_kib=19_456, passes=1, lanes=1)
    phrase, auth = passphrase_slot(key, made.id, PASSPHRASE, os.urandom, params=quick)
    body = {"slots": [slot, phrase], "passphrase_auth": base64url.encode(auth)}
    _ok(world.call("POST", f"{made.path}/complete", body, token=member))
    token = mailed_link(world, SECRET_GUEST).partition("#")[2]
    proof = {"token": token, "passphrase_auth": base64url.encode(auth)}
    guest = _ok(world.call("POST", f"{AUTH}/links/verify", proof))["access_token"]
    assert parcel.fetch(world, guest, made.id, key=key) == {SEALED_NAME: CONTENT}
    planted.canary = {"key": key, "link key": link_key, "passphrase": PASSPHRASE.encode()}
    planted.canary |= {"name": SEALED_NAME.encode(), "content": CONTENT}
    planted.secrets["passphrase proof"] = auth


def _failing(world: World, planted: Planted) -> None:
    for email in (MEMBER, "nobody.qzxt@acme.example"):
        body = {"email": email, "password": WRONG, "client": "cli", "totp": "246802"}
        assert world.call("POST", f"{AUTH}/login", body).status == 401
    guessed = "acme.planted-guess-AAAAAAAAAAAAAA"
    assert world.call("GET", f"{AUTH}/me", token=guessed).status == 401
    assert world.call("GET", f"{AUTH}/me?secret=planted-query", token=guessed).status == 401
    world.call("POST", f"{AUTH}/links/look", {"token": guessed})
    world.call("POST", f"{AUTH}/login", raw=b'{"planted-broken-json')
    world.call("GET", "/planted-path/planted-path")
    planted.secrets |= {"wrong password": WRONG, "guess": "planted-guess", "query": "planted-query"}
    planted.secrets |= {"broken body": "planted-broken-json", "path": "planted-path"}
