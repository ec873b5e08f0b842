"""Stories of what a request does now and then only: repeated, refused, searched for, come back. Each touches records that nothing else touches."""

from base64 import b32decode
from urllib.parse import urlsplit

from chalicelib.domain.totp import step_of, totp
from tests.deploy.packaging.aws_install import AWSInstall
from tests.service.support import parcel
from tests.service.support.caller import Answer, mailed_link, mails_to
from tests.service.support.cast import HANAKO, Cast
from tests.service.support.people import PASSWORD, sign_in, token_of
from tests.service.support.world import ADMIN

MINUTE = 60_000


def administration(install: AWSInstall, cast: Cast) -> None:
    """Settings, a new role and its end, an invitation that was sent twice."""
    admin = _admin(install, cast)
    for path, one, other in (
        ("/auth/v1/tenant", {"hold_minutes": 3}, {"hold_minutes": 5}),
        (f"/auth/v1/members/{cast.members['owner']}", {"roles": ["member", "admin"]}, {"roles": ["member"]}),
    ):
        for body in (one, other):
            etag = install.call("GET", path, token=admin).headers["etag"]
            assert install.call("PATCH", path, body, token=admin, headers={"if-match": etag}).status == 200
    invitation = {"email": "twice@acme.example", "name": "Twice", "roles": ["member"], "language": "en"}
    _twice(install, "/auth/v1/members", invitation, admin)
    install.settle()


def repeated(install: AWSInstall, cast: Cast) -> None:
    """Whatever takes an Idempotency-Key, sent again."""
    token = sign_in(install, HANAKO, PASSWORD)["access_token"]
    transfer = {"files": [{"name": "a.txt", "size": 1}], "recipients": [{"email": "again@example.com"}]}
    _twice(install, "/transfers/v1/transfers", transfer, token)
    _twice(install, "/transfers/v1/requests", {"title": "Drawings", "domains": ["example.com"]}, token)
    install.settle()


def lists(install: AWSInstall, cast: Cast) -> None:
    """Every list under every filter that has records of its own."""
    owner, admin = sign_in(install, HANAKO, PASSWORD)["access_token"], _admin(install, cast)
    cast.ready(owner, "listed@example.com", title="Listed offer")
    for token in (owner, admin):
        for query in (
            "box=sent",
            "box=received",
            "box=all",
            "box=all&state=ready",
            "state=ready,closed",
            "q=offer",
            "q=listed%20offer&box=all",
            "recipient=listed@example.com",
            "class=plain",
        ):
            answer = install.call("GET", f"/transfers/v1/transfers?{query}", token=token)
            assert answer.status in (200, 403), (query, answer.body)
    asked = install.call(
        "POST", "/transfers/v1/requests", {"title": "In", "domains": ["example.com"]}, token=owner
    ).body
    gathered = f"/transfers/v1/transfers?request={asked['id']}"
    assert install.call("GET", gathered, token=owner).status == 200
    for path in ("usage?by=member", "audit?limit=2", "events?limit=2"):
        assert install.call("GET", f"/reporting/v1/{path}", token=admin).status == 200, path


def refused_guests(install: AWSInstall, cast: Cast) -> None:
    """A wrong code and a wrong passphrase, more time, a stranger who asks to be added."""
    owner = sign_in(install, HANAKO, PASSWORD)["access_token"]
    cast.ready(owner, "wrong@example.com")
    token = token_of(mailed_link(install, "wrong@example.com"))
    asked = install.call("POST", "/auth/v1/links/challenge", {"token": token})
    body = {"token": token, "challenge": asked.body["challenge"], "code": "00000000"}
    assert install.call("POST", "/auth/v1/links/verify", body).code == "code_wrong"
    assert install.call("POST", "/auth/v1/links/more-time", {"token": token}).status == 202
    stranger = {"token": token, "address": "stranger@example.com"}
    assert install.call("POST", "/auth/v1/links/add-me", stranger).status == 202
    install.settle()


def refused_members(install: AWSInstall, cast: Cast) -> None:
    """A second factor that is wrong, a session that is used twice, a program with a wrong secret."""
    with install.undone():
        token = sign_in(install, HANAKO, PASSWORD)["access_token"]
        secret = install.call("POST", "/auth/v1/totp", token=token).body["secret"]
        raw = b32decode(secret + "=" * (-len(secret) % 8))
        confirm = {"code": totp(raw, step_of(install.host_ms()))}
        codes = install.call("POST", "/auth/v1/totp/confirm", confirm, token=token).body["recovery_codes"]
        for code, status in ((None, 401), ("000000", 401), (codes[0], 200)):
            body = {"email": HANAKO, "password": PASSWORD, "client": "cli", **({"totp": code} if code else {})}
            assert install.call("POST", "/auth/v1/login", body).status == status
    tokens = sign_in(install, HANAKO, PASSWORD)
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert install.call("POST", "/auth/v1/token", renew).status == 200
    install.offset += MINUTE
    assert install.call("POST", "/auth/v1/token", renew).code == "token_invalid"
    install.settle()


def come_back(install: AWSInstall, cast: Cast) -> None:
    """A guest of the pages without script, half an hour later."""
    owner = sign_in(install, HANAKO, PASSWORD)["access_token"]
    given = {"class": "plain", "hold_minutes": 0, "proof": "link", "recipients": [{"email": "later@example.com"}]}
    parcel.send(install, owner, {"one.txt": b"one"}, **given)
    install.settle()
    assert mails_to(install, "later@example.com")
    path = urlsplit(mailed_link(install, "later@example.com")).path
    shown = _form(install, path, "")
    cookie = shown.headers["set-cookie"].partition(";")[0]
    install.offset += 30 * MINUTE
    assert install.call("GET", f"{path}/files", headers={"cookie": cookie}).status == 200
    assert _form(install, path, "", cookie=cookie).status == 303
    assert _form(install, path, "more_time=1", cookie=cookie).status == 200
    install.settle()


BRANCHES = (administration, repeated, lists, refused_guests, refused_members, come_back)


def _admin(install: AWSInstall, cast: Cast) -> str:
    return str(sign_in(install, ADMIN, cast.passwords["admin"])["access_token"])


def _twice(install: AWSInstall, path: str, body: object, token: str) -> None:
    headers = {"idempotency-key": f"{path}-1"}
    made = [install.call("POST", path, body, token=token, headers=headers) for _ in range(2)]
    assert [one.status for one in made] == [201, 201], [one.body for one in made]
    assert made[0].body["id"] == made[1].body["id"]


def _form(install: AWSInstall, path: str, form: str, *, cookie: str = "") -> Answer:
    sent = {"content-type": "application/x-www-form-urlencoded", "origin": "https://files.acme.example"}
    return install.call("POST", path, raw=form.encode(), headers=sent | ({"cookie": cookie} if cookie else {}))
