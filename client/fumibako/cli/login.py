"""``login`` and ``logout``."""

import os
import platform
import time
from argparse import Namespace
from typing import Any

from fumibako.cli.manner import tell_always
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.preferences import ADDRESS
from fumibako.cli.terminal import ask, ask_secret, tell
from fumibako.credentials import Credentials, member_file
from fumibako.errors import ClientError, NotAllowed, ServerRefused, UsageError
from fumibako.http import Answer, Api, call_open, open_pool, request_json, take_tokens
from fumibako.messages import text
from fumibako.retries import with_retries
from fumibako.transport import Pool
from fumibako_format.names import display_name

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def add_to(verbs: Any, shared: Shared) -> None:
    """Add both verbs to the command."""
    login = add_verb(
        verbs,
        "login",
        shared.every,
        help=text("help_login"),
        about=text("about_login"),
        examples=["fumibako login https://files.example.jp --email you@example.jp"],
    )
    login.add_argument("url", nargs="?", metavar="URL", help=text("help_url"))
    login.add_argument("--email", help=text("help_email"))
    login.add_argument("--password-file", metavar="FILE", help=text("help_password_file"))
    login.add_argument("--totp", metavar="CODE", help=text("help_totp"))
    login.add_argument("--device", action="store_true", help=text("help_device"))
    login.set_defaults(run=run)
    logout = add_verb(
        verbs,
        "logout",
        shared.every,
        help=text("help_logout"),
        about=text("about_logout"),
        examples=["fumibako logout"],
    )
    logout.set_defaults(run=run_logout)


def run(options: Namespace) -> dict[str, Any]:
    """Sign in and keep the sign-in for the next commands."""
    url = (options.url or os.environ.get("FUMIBAKO_URL") or "").strip().rstrip("/")
    if not ADDRESS.match(url):
        raise UsageError("url_wrong", text("url_wrong"), text("url_wrong_hint"))
    credentials = Credentials(url, "")
    answer = _by_device(credentials) if options.device else _by_password(credentials, options)
    member, tenant = answer["member"], answer["tenant"]
    take_tokens(credentials, answer)
    member_file().write(credentials)
    tell(text("signed_in", name=display_name(member["name"]), company=display_name(tenant["name"])))
    return {"member": member, "tenant": tenant}


def _by_password(credentials: Credentials, options: Namespace) -> dict[str, Any]:
    email = options.email or ask(text("ask_email"))
    password = ask_secret(text("ask_password"), options.password_file)
    body = {"email": email, "password": password, "client": "cli", "device_name": platform.node()[:100] or "cli"}
    if options.totp:
        body["totp"] = options.totp
    with open_pool() as pool:
        try:
            return call_open(pool, credentials.url, "/auth/v1/login", body)
        except NotAllowed as error:
            if error.code != "totp_required" or options.totp:
                raise
            body["totp"] = ask(text("ask_totp"))
            return call_open(pool, credentials.url, "/auth/v1/login", body)


def _by_device(credentials: Credentials) -> dict[str, Any]:
    """RFC 8628: a browser that is signed in approves this computer."""
    with open_pool() as pool:
        started = call_open(pool, credentials.url, "/auth/v1/device", {"device_name": platform.node()[:100] or "cli"})
        tell_always(text("device_open", uri=started["verification_uri"], code=started["user_code"]))
        interval, ends = float(started["interval"]), time.monotonic() + float(started["expires_in"])
        body = {"grant_type": _DEVICE, "device_code": started["device_code"]}
        while time.monotonic() < ends:
            time.sleep(interval)
            try:
                return _poll(pool, credentials.url, body)
            except ServerRefused as refused:
                if refused.code == "slow_down":
                    interval += 5
                elif refused.code in ("access_denied", "expired_token"):
                    raise NotAllowed(refused.code, refused.as_client_error().message, text("login_hint")) from refused
                elif refused.code != "authorization_pending":
                    raise refused.as_client_error() from refused
    raise NotAllowed("expired_token", text("device_over"), text("login_hint"))


def _poll(pool: Pool, url: str, body: Answer) -> Answer:
    # A line that breaks while somebody walks to the browser must not end the sign-in.
    return with_retries(lambda _: request_json(pool, "POST", f"{url}/auth/v1/token", body=body))


def run_logout(options: Namespace) -> dict[str, Any]:  # noqa: ARG001  # every verb is called alike
    """End the session on the server and forget it here; the second happens even if the first can't. A token from the environment stays."""
    kept = member_file()
    credentials = kept.read()
    if credentials is None:
        raise NotAllowed("signed_out", text("signed_out"), text("signed_out_hint"))
    try:
        Api(credentials, open_pool(), kept=kept).post("/auth/v1/logout")
    except ClientError as error:
        tell(error.message)
    finally:
        kept.remove()
    tell(text("signed_out_now"))
    return {"url": credentials.url}
