"""Cookies as headers carry them (RFC 6265bis): one way to read one, one way to write one that scripts can't reach."""

from collections.abc import Mapping
from typing import Literal

from chalicelib.domain.tenant import Tenant


def cookie_value(headers: Mapping[str, str], name: str) -> str | None:
    """A cookie's value, the first of its name as RFC 6265 5.4 orders them; None without it.

    Read as RFC 6265bis 5.6 does: pairs between semicolons, nothing quoted or escaped; ours never are. ``http.cookies`` undoes escapes in
    quadratic time (CVE-2024-7592), and one pair that it dislikes hides all that follow.
    """
    for pair in headers.get("cookie", "").split(";"):
        given, equals, value = pair.partition("=")
        if equals and given.strip(" \t") == name:
            return value.strip(" \t")
    return None


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
