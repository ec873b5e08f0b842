"""Cookies as headers carry them (RFC 6265bis): one way to read one, one way to write one that scripts can't reach."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Literal

from chalicelib.domain.tenant import Tenant


def cookie_value(headers: Mapping[str, str], name: str) -> str | None:
    """A cookie's value; None where it, or the whole header, is none."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def cookie_text(
    tenant: Tenant,
    name: str,
    value: str,
    *,
    path: str,
    seconds: int | None,
    same_site: Literal["Strict", "Lax"] = "Strict",
) -> str:
    """The value of a Set-Cookie header. ``seconds`` None: it ends with the browser."""
    life = "" if seconds is None else f"; Max-Age={seconds}"
    # Only a loopback host may be plain http, and there a Secure cookie would never come back.
    secure = "; Secure" if tenant.base_url.startswith("https:") else ""
    return f"{name}={value}; Path={path}{life}; HttpOnly; SameSite={same_site}{secure}"
