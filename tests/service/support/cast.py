"""Two tenants full of people and of transfers in every state: what the matrix and the bad inputs are asked of.

acme    admin, hanako (owner of everything), taro (a colleague), a robot; guests soto, naka (of ``ready``), yoso (of ``other``), tsumu (of the request)
rival   its admin, one transfer, one file request, a guest
"""

from dataclasses import dataclass, field
from typing import Any

from tests.service.support import parcel
from tests.service.support.caller import mailed_link
from tests.service.support.parcel import Made
from tests.service.support.people import PASSWORD, invite, prove, sign_in, walk_in
from tests.service.support.world import ADMIN, BASE, RIVAL, World

HANAKO, TARO = "hanako@acme.example", "taro@acme.example"
SOTO, NAKA, YOSO = "soto@example.com", "naka@example.com", "yoso@example.com"
REQUESTS = "/transfers/v1/requests"
MINUTE = 60_000
FILES = {"見積書.txt": b"one", "b.txt": b"two two"}


@dataclass
class Cast:
    """``tokens`` by who holds them; ``transfers`` and other ids by what became of them."""

    world: World
    tokens: dict[str, str | None] = field(default_factory=dict)
    transfers: dict[str, Made] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    downloads: dict[str, str] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    robots: dict[str, str] = field(default_factory=dict)
    partners: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def hanako(self) -> str:
        return str(self.tokens["owner"])

    @property
    def admin(self) -> str:
        return str(self.tokens["admin"])

    def ready(self, token: str, *addresses: str, base: str | None = None, **fields: Any) -> Made:
        """A transfer that its recipients were told of."""
        to = [{"email": one} for one in addresses]
        made = parcel.send(self.world, token, FILES, recipients=to, **{"hold_minutes": 0, **fields})
        self.world.settle()
        return made

    def shown(self, name: str) -> dict[str, Any]:
        """A transfer as its owner sees it."""
        return dict(self.world.call("GET", self.transfers[name].path, token=self.hanako).body)


def assembled(world: World) -> Cast:
    """Everybody and everything."""
    cast = Cast(world)
    cast.passwords = {
        "admin": world.new_tenant("acme", BASE, ADMIN),
        "rival": world.new_tenant("rival", RIVAL, "boss@rival.example"),
    }
    _members(cast)
    _old_things(cast)
    _tokens(cast)
    _transfers(cast)
    _request(cast)
    _rival(cast)
    _guests(cast)
    _ends(cast)
    return cast


def _members(cast: Cast) -> None:
    world = cast.world
    admin = sign_in(world, ADMIN, cast.passwords["admin"])["access_token"]
    cast.members = {name: invite(world, admin, email) for name, email in (("owner", HANAKO), ("colleague", TARO))}
    cast.members["auditor"] = invite(world, admin, "auditor@acme.example", roles=("auditor",))
    cast.members["admin"] = world.call("GET", "/auth/v1/me", token=admin).body["id"]


def _old_things(cast: Cast) -> None:
    """A token that has expired, and a transfer whose end has come although no sweeper was there since."""
    world = cast.world
    cast.tokens["expired"] = sign_in(world, HANAKO, PASSWORD)["access_token"]
    world.offset += 16 * MINUTE
    token = sign_in(world, HANAKO, PASSWORD)["access_token"]
    cast.transfers["expired"] = cast.ready(token, SOTO, expires_in_minutes=5)
    cast.links["expired"] = mailed_link(world, SOTO)
    world.offset += 6 * MINUTE


def _tokens(cast: Cast) -> None:
    world = cast.world
    owner = sign_in(world, HANAKO, PASSWORD)
    cast.tokens |= {
        "owner": owner["access_token"],
        "admin": sign_in(world, ADMIN, cast.passwords["admin"])["access_token"],
        "colleague": sign_in(world, TARO, PASSWORD)["access_token"],
        "none": None,
        "malformed": "not-a-token",
        "guessed": "acme." + "A" * 27,
        "garbled": owner["access_token"][:-4] + "AAAA",
    }
    cast.refresh["owner"] = owner["refresh_token"]
    leaving = sign_in(world, HANAKO, PASSWORD)
    assert world.call("POST", "/auth/v1/logout", token=leaving["access_token"]).status == 204
    cast.tokens["revoked"] = leaving["access_token"]
    cast.refresh["revoked"] = leaving["refresh_token"]
    body = {"name": "narrow", "scopes": ["transfers:read"]}
    narrow = world.call("POST", "/auth/v1/keys", body, token=cast.hanako).body
    cast.keys["owner"], cast.tokens["narrow"] = narrow["id"], narrow["token"]
    world.call("GET", "/auth/v1/me", token=narrow["token"])  # the first use within an hour is noted
    _robot(cast)
    for name in ("owner", "admin", "colleague"):
        sessions = world.call("GET", "/auth/v1/sessions", token=cast.tokens[name]).body["items"]
        cast.sessions[name] = next(one["id"] for one in sessions if one["current"])


def _robot(cast: Cast) -> None:
    body = {"name": "robot", "scopes": ["transfers:write"]}
    robot = cast.world.call("POST", "/auth/v1/service-accounts", body, token=cast.admin).body
    cast.robots["acme"] = robot["id"]
    cast.partners["acme"] = _partner(cast, cast.admin, "vouched.example")
    grant = {
        "grant_type": "client_credentials",
        "client_id": robot["client_id"],
        "client_secret": robot["client_secret"],
    }
    answer = cast.world.call("POST", "/auth/v1/token", grant)
    assert answer.status == 200, answer.body
    cast.tokens["robot"] = answer.body["access_token"]


def _partner(cast: Cast, token: str | None, domain: str, base: str | None = None) -> str:
    body = {"name": "Partner", "issuer": "https://login.example", "client_id": "us", "client_secret": "x"}
    answer = cast.world.call("POST", "/auth/v1/partners", {**body, "domains": [domain]}, token=token, base=base)
    assert answer.status == 201, answer.body
    return str(answer.body["id"])


def _transfers(cast: Cast) -> None:
    world = cast.world
    cast.transfers["ready"] = cast.ready(cast.hanako, SOTO, NAKA)
    cast.links |= {"soto": mailed_link(world, SOTO), "naka": mailed_link(world, NAKA)}
    cast.transfers["other"] = cast.ready(cast.hanako, YOSO)
    cast.links["yoso"] = mailed_link(world, YOSO)
    cast.transfers["uploading"] = parcel.create(world, cast.hanako, FILES)
    cast.transfers["held"] = cast.ready(cast.hanako, "held@example.com", hold_minutes=60)


def _request(cast: Cast) -> None:
    world = cast.world
    asked = world.call("POST", REQUESTS, {"title": "Papers", "proof": "link"}, token=cast.hanako).body
    cast.requests["acme"] = asked
    guest = walk_in(world, asked["url"])
    cast.tokens["filler"] = guest["access_token"]
    cast.transfers["incoming"] = parcel.send(world, guest["access_token"], FILES)
    world.settle()


def _rival(cast: Cast) -> None:
    world = cast.world
    token = sign_in(world, "boss@rival.example", cast.passwords["rival"], base=RIVAL)["access_token"]
    cast.tokens["rival"] = token
    cast.transfers["rival"] = cast.ready(token, "kyaku@example.com", proof="link")
    cast.links["rival"] = mailed_link(world, "kyaku@example.com")
    cast.tokens["rival_guest"] = walk_in(world, cast.links["rival"])["access_token"]
    cast.requests["rival"] = world.call("POST", REQUESTS, {"title": "Theirs"}, token=token).body
    me = world.call("GET", "/auth/v1/me", token=token).body
    cast.members["rival"] = me["id"]
    sessions = world.call("GET", "/auth/v1/sessions", token=token).body["items"]
    cast.sessions["rival"] = sessions[0]["id"]
    body: dict[str, Any] = {"name": "theirs", "scopes": ["transfers:read"]}
    cast.keys["rival"] = world.call("POST", "/auth/v1/keys", body, token=token).body["id"]
    cast.partners["rival"] = _partner(cast, token, "theirs.example", RIVAL)
    cast.robots["rival"] = world.call("POST", "/auth/v1/service-accounts", body, token=token).body["id"]


def _guests(cast: Cast) -> None:
    world = cast.world
    for name, address, transfer in (("soto", SOTO, "ready"), ("naka", NAKA, "ready"), ("yoso", YOSO, "other")):
        tokens = prove(world, cast.links[name], address)
        cast.tokens[name] = tokens["access_token"]
        cast.refresh[name] = tokens["refresh_token"]
        path = f"{cast.transfers[transfer].path}/downloads"
        cast.downloads[name] = world.call("POST", path, {}, token=cast.tokens[name]).body["session"]
    path = f"{cast.transfers['rival'].path}/downloads"
    cast.downloads["rival"] = world.call("POST", path, {}, token=cast.tokens["rival_guest"]).body["session"]
    world.settle()


def _ends(cast: Cast) -> None:
    """One transfer that is gone and certified, and one that was recalled this moment."""
    world = cast.world
    gone = cast.ready(cast.hanako, "gone@example.com", proof="link")
    cast.links["destroyed"] = mailed_link(world, "gone@example.com")
    assert world.call("DELETE", gone.path, token=cast.hanako).status == 202
    world.settle()
    world.scheduled("issue_certificate_batches")
    cast.transfers["destroyed"] = gone
    closed = cast.ready(cast.hanako, "closed@example.com", proof="link")
    cast.links["closed"] = mailed_link(world, "closed@example.com")
    assert world.call("DELETE", closed.path, token=cast.hanako).status == 202
    cast.transfers["closed"] = closed
