"""People who sign in: admins, members, and guests with the code that was mailed to them."""

from typing import Any

from tests.service.support.caller import Caller, mailed_code, mails_to

PASSWORD = "four unrelated words here"


def sign_in(caller: Caller, email: str, password: str, *, base: str | None = None, **more: Any) -> dict[str, Any]:
    """The tokens of a CLI session."""
    body = {"email": email, "password": password, "client": "cli", **more}
    answer = caller.call("POST", "/auth/v1/login", body, base=base)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def invite(
    caller: Caller, admin: str, email: str, *, base: str | None = None, roles: tuple[str, ...] = ("member",)
) -> str:
    """A member who accepted; gives its id. The password is PASSWORD."""
    body = {"email": email, "name": email.split("@", maxsplit=1)[0], "roles": list(roles), "language": "en"}
    invited = caller.call("POST", "/auth/v1/members", body, token=admin, base=base)
    assert invited.status == 201, invited.body
    accept = {"token": invited.body["invitation_token"], "password": PASSWORD}
    assert caller.call("POST", "/auth/v1/members/accept", accept, base=base).status == 204
    return str(invited.body["id"])


def token_of(link: str) -> str:
    """The token of a link as it was mailed: in the fragment, or in the path of a plain transfer's."""
    return link.partition("#")[2] or link.rpartition("/")[2]


def prove(caller: Caller, link: str, address: str, *, open_link: bool = False) -> dict[str, Any]:
    """A guest's tokens, by the code that was mailed to ``address``. ``link`` is the whole address of it."""
    token = token_of(link)
    seen = len(mails_to(caller, address))
    asked = caller.call(
        "POST", "/auth/v1/links/challenge", {"token": token, **({"address": address} if open_link else {})}
    )
    assert asked.status == 200, asked.body
    body = {"token": token, "challenge": asked.body["challenge"], "code": mailed_code(caller, address, after=seen)}
    answer = caller.call("POST", "/auth/v1/links/verify", body)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def walk_in(caller: Caller, link: str) -> dict[str, Any]:
    """A guest's tokens by a link that asks for nothing more."""
    answer = caller.call("POST", "/auth/v1/links/verify", {"token": token_of(link)})
    assert answer.status == 200, answer.body
    return dict(answer.body)
