"""Rows of the auth service."""

from typing import Any

from tests.service.matrix.rows import GUESTS, NEVER, Build, Probe, Row, malformed, reach
from tests.service.support.cast import Cast
from tests.service.support.world import ADMIN

AUTH = "/auth/v1"
# A bearer value of a tenant that is there, of the right form, that nobody was ever given.
NEVER_VALUE = "acme." + "Z" * 27
NO_GUESTS = dict.fromkeys(sorted(GUESTS), (404, "not_found"))
ADMINS_ONLY = {**dict.fromkeys(("owner", "colleague", "narrow", "robot"), (403, "role_missing")), **NO_GUESTS}
# A second factor and a password are a person's, who is there themselves.
NO_PROGRAMS = {**dict.fromkeys(("narrow", "robot"), (403, "scope_missing")), **NO_GUESTS}


def values(cast: Cast) -> dict[str, str]:
    """Link tokens: real ones are a right by themselves, everything else is none."""
    real = {name: link.partition("#")[2] for name, link in cast.links.items()}
    soto = real["soto"]
    wrong = {
        "guessed": "acme." + "B" * 27,
        "of no tenant": "nobody." + soto.partition(".")[2],
        "under another tenant": "rival." + soto.partition(".")[2],
        "upper tenant": "ACME." + soto.partition(".")[2],
        "cut": soto[:-1],
        "longer": soto + "A",
        "flipped": soto[:-1] + ("A" if soto[-1] != "A" else "B"),
        "key behind": soto + "." + "A" * 43,
        "access token": str(cast.tokens["soto"])[:512],
        "refresh token": cast.refresh["soto"],
        "personal token": str(cast.tokens["narrow"]),
        "nul": "acme.\0",
        "dots": "../../acme",
        "letters": "x",
    }
    return {**real, **wrong}


def refreshes(cast: Cast) -> dict[str, str]:
    """Refresh tokens that are none, or none any more."""
    live = cast.refresh["owner"]
    return {
        "revoked": cast.refresh["revoked"],
        "guessed": "acme." + "B" * 27,
        "under another tenant": "rival." + live.partition(".")[2],
        "cut": live[:-1],
        "flipped": live[:-3] + ("AAA" if live[-3:] != "AAA" else "BBB"),
        "access token": str(cast.tokens["owner"])[:512],
        "link": cast.links["soto"].partition("#")[2],
        "personal token": str(cast.tokens["narrow"]),
        "letters": "x",
        "nul": "\0",
    }


def addresses(cast: Cast) -> dict[str, str]:
    """Whom a sign-in with a wrong password names: nobody may learn which of them is there."""
    return {
        "member": "hanako@acme.example",
        "admin": ADMIN,
        "of another tenant": "boss@rival.example",
        "no address": "xxx",
    }


def challenges(cast: Cast) -> dict[str, str]:
    """Challenges that are not the asker's own."""
    asked = cast.world.call("POST", f"{AUTH}/links/challenge", {"token": cast.links["naka"].partition("#")[2]})
    theirs = str(asked.body["challenge"])
    return {
        "of another link": theirs,
        "of another browser": theirs.partition(".")[0] + ".AAAA",
        "guessed": "ch_01kdv0000000000000000000zz.AAAA",
        "without secret": "ch_01kdv0000000000000000000zz",
        "letters": "x",
        "nul": "ch_\0",
    }


def ids(prefix: str, name: str) -> Any:
    """Ids of one kind, of both tenants."""

    def found(cast: Cast) -> dict[str, str]:
        real: dict[str, str] = getattr(cast, name)
        return {**real, **malformed(prefix, next(iter(real.values()))), "a transfer": cast.transfers["ready"].id}

    return found


def words(**said: str) -> Any:
    return lambda _: {"letters": "x", "nul": "\0", "dots": "..", "long": "a" * 60, **said}


def plain(path: str, name: str, **more: Any) -> Build:
    """The id in the body's field ``name``."""
    return lambda _, one: (path, {name: one, **more})


def below(path: str, body: Any = None) -> Build:
    return lambda _, one: (f"{path}/{one}", body)


def links(path: str, **more: Any) -> Probe:
    real = "soto naka yoso rival expired closed destroyed"
    return Probe(values, NEVER_VALUE, plain(path, "token", **more), reach(none=real, owner=real))


REAL_MEMBERS = "owner colleague auditor admin"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
ROWS = (
    Row("GET", f"{AUTH}/openapi.json", open=True),
    Row("GET", "/auth/.well-known/jwks.json", open=True),
    Row(
        "POST",
        f"{AUTH}/login",
        (
            Probe(
                addresses,
                "never@acme.example",
                plain(f"{AUTH}/login", "email", password="wrong", client="cli"),
                reach(),
            ),
        ),
        open=True,
    ),
    Row(
        "POST",
        f"{AUTH}/token",
        (
            Probe(refreshes, NEVER_VALUE, plain(f"{AUTH}/token", "refresh_token", grant_type="refresh_token"), reach()),
            Probe(words(), NEVER_VALUE, plain(f"{AUTH}/token", "device_code", grant_type=GRANT), reach()),
            Probe(
                lambda cast: {**cast.robots, "letters": "x", "nul": "\0"},
                f"sa_{NEVER}",
                plain(f"{AUTH}/token", "client_id", grant_type="client_credentials", client_secret="wrong"),
                reach(),
            ),
        ),
        open=True,
    ),
    Row("POST", f"{AUTH}/device", body={}, open=True),
    Row(
        "POST",
        f"{AUTH}/device/approve",
        (Probe(words(), "BBBB-BBBB", plain(f"{AUTH}/device/approve", "user_code", approve=True), reach()),),
    ),
    Row("GET", f"{AUTH}/me"),
    Row("PATCH", f"{AUTH}/me", body={"language": "en"}, refused=NO_PROGRAMS),
    Row("GET", f"{AUTH}/sessions"),
    Row(
        "DELETE",
        f"{AUTH}/sessions/{{id}}",
        (
            Probe(
                ids("se", "sessions"),
                f"se_{NEVER}",
                below(f"{AUTH}/sessions"),
                reach(owner="owner", narrow="owner", admin="admin", colleague="colleague", rival="rival"),
            ),
        ),
    ),
    Row("POST", f"{AUTH}/logout"),
    Row("GET", f"{AUTH}/keys", refused=NO_GUESTS),
    Row("POST", f"{AUTH}/keys", body={"name": "k", "scopes": ["transfers:read"]}, refused=NO_PROGRAMS),
    Row(
        "DELETE",
        f"{AUTH}/keys/{{id}}",
        (
            Probe(
                ids("pt", "keys"),
                f"pt_{NEVER}",
                below(f"{AUTH}/keys"),
                reach(owner="owner", narrow="owner", rival="rival"),
            ),
        ),
    ),
    Row("GET", f"{AUTH}/members", refused=ADMINS_ONLY),
    Row(
        "POST",
        f"{AUTH}/members",
        body={"email": "new@acme.example", "name": "New", "roles": ["member"]},
        refused=ADMINS_ONLY,
    ),
    Row(
        "GET",
        f"{AUTH}/members/{{id}}",
        (
            Probe(
                ids("mb", "members"), f"mb_{NEVER}", below(f"{AUTH}/members"), reach(admin=REAL_MEMBERS, rival="rival")
            ),
        ),
        refused=ADMINS_ONLY,
    ),
    Row(
        "PATCH",
        f"{AUTH}/members/{{id}}",
        (
            Probe(
                ids("mb", "members"),
                f"mb_{NEVER}",
                below(f"{AUTH}/members", {"name": "Another"}),
                reach(admin=REAL_MEMBERS, rival="rival"),
            ),
        ),
        headers=(("if-match", '"1"'),),
    ),
    Row(
        "DELETE",
        f"{AUTH}/members/{{id}}",
        (
            Probe(
                ids("mb", "members"), f"mb_{NEVER}", below(f"{AUTH}/members"), reach(admin=REAL_MEMBERS, rival="rival")
            ),
        ),
    ),
    Row(
        "POST",
        f"{AUTH}/members/accept",
        (
            Probe(
                values,
                NEVER_VALUE,
                plain(f"{AUTH}/members/accept", "token", password="four unrelated words"),
                reach(),
            ),
        ),
        open=True,
    ),
    Row("POST", f"{AUTH}/password", body={"current": "wrong", "new": "four unrelated words here"}, refused=NO_PROGRAMS),
    Row("POST", f"{AUTH}/totp", refused=NO_PROGRAMS),
    Row("POST", f"{AUTH}/totp/confirm", body={"code": "000000"}, refused=NO_PROGRAMS),
    Row("DELETE", f"{AUTH}/totp", body={"password": "wrong"}, refused=NO_PROGRAMS),
    Row("GET", f"{AUTH}/service-accounts", refused=ADMINS_ONLY),
    Row("POST", f"{AUTH}/service-accounts", body={"name": "r", "scopes": ["transfers:read"]}, refused=ADMINS_ONLY),
    Row(
        "DELETE",
        f"{AUTH}/service-accounts/{{id}}",
        (
            Probe(
                ids("sa", "robots"),
                f"sa_{NEVER}",
                below(f"{AUTH}/service-accounts"),
                reach(admin="acme", rival="rival"),
            ),
        ),
    ),
    Row("GET", f"{AUTH}/tenant", refused=ADMINS_ONLY),
    Row("PATCH", f"{AUTH}/tenant", body={"name": "Another"}, headers=(("if-match", '"1"'),), refused=ADMINS_ONLY),
    Row("POST", f"{AUTH}/links/look", (links(f"{AUTH}/links/look"),), open=True),
    Row("POST", f"{AUTH}/links/challenge", (links(f"{AUTH}/links/challenge"),), open=True),
    Row(
        "POST",
        f"{AUTH}/links/verify",
        (
            links(f"{AUTH}/links/verify", challenge=f"ch_{NEVER}.x", code="00000000"),
            Probe(
                challenges,
                f"ch_{NEVER}.x",
                lambda cast, one: (
                    f"{AUTH}/links/verify",
                    {"token": cast.links["soto"].partition("#")[2], "challenge": one, "code": "00000000"},
                ),
                reach(),
            ),
        ),
        open=True,
    ),
    Row("POST", f"{AUTH}/links/more-time", (links(f"{AUTH}/links/more-time"),), open=True),
    Row("GET", f"{AUTH}/partners", refused=ADMINS_ONLY),
    Row(
        "POST",
        f"{AUTH}/partners",
        body={
            "name": "Partner",
            "issuer": "https://login.partner.example",
            "client_id": "us",
            "client_secret": "x",
            "domains": ["partner.example"],
        },
        refused=ADMINS_ONLY,
    ),
    Row(
        "DELETE",
        f"{AUTH}/partners/{{id}}",
        (Probe(ids("pn", "partners"), f"pn_{NEVER}", below(f"{AUTH}/partners"), reach(admin="acme", rival="rival")),),
        refused=ADMINS_ONLY,
    ),
    Row("POST", f"{AUTH}/links/sso", (links(f"{AUTH}/links/sso"),), open=True),
    Row("GET", f"{AUTH}/links/sso/callback", open=True),
    Row("POST", f"{AUTH}/links/add-me", (links(f"{AUTH}/links/add-me", address="a@example.com"),), open=True),
)
