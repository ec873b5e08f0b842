"""One request of a page without script: its language, form and cookies, and the one way to add such a page to a service.

    @plain_page(app, "/p/{token}", "GET")
    def first(asked: Asked) -> Response: ...

A refusal becomes a page in the reader's language. Cross-site requests get nowhere: see docs/threats.md, "Pages without script".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from weakref import WeakKeyDictionary

from chalice.app import Request, Response

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.cookie_text import cookie_text, cookie_value
from chalicelib.api.plain_html import HEADERS, anchor, document, trouble
from chalicelib.api.plain_words import WORDS
from chalicelib.api.problem_catalogue import CATALOGUE, FALLBACK
from chalicelib.api.problems import Language, language_of
from chalicelib.domain.errors import Refused
from chalicelib.domain.tenant import Tenant

MOUNT: Final = "/p/"
VISIT: Final = "fumibako_plain"
CHALLENGE: Final = "fumibako_plain_code"
_FORM: Final = "application/x-www-form-urlencoded"
_FIELDS: Final = 10
Handler = Callable[["Asked"], Response]
_PAGES: "WeakKeyDictionary[FumibakoApp, list[tuple[str, str]]]" = WeakKeyDictionary()


@dataclass
class Asked:
    """What came in. ``token`` is the link's, from the path; ``path`` the other parameters of the route."""

    request: Request
    token: str
    path: Mapping[str, str]
    default_language: Language | None = field(default=None)

    @property
    def here(self) -> str:
        """The first page of this link."""
        return MOUNT + self.token

    @property
    def source_ip(self) -> str:
        """The client's address."""
        return str(self.request.context.get("identity", {}).get("sourceIp", ""))

    @cached_property
    def query(self) -> Mapping[str, str]:
        """Query parameters."""
        return dict(self.request.query_params or {})

    @cached_property
    def form(self) -> Mapping[str, str]:
        """Fields of a posted form; nothing where it is none."""
        raw: Any = self.request.raw_body or b""
        try:
            text = raw if isinstance(raw, str) else raw.decode()
            return dict(parse_qsl(text, max_num_fields=_FIELDS))
        except ValueError:
            return {}

    @property
    def language(self) -> Language:
        """As chosen on the page, else as the browser says, else the link's."""
        chosen = self.query.get("lang")
        if chosen in ("ja", "en"):
            return "ja" if chosen == "ja" else "en"
        said = self.request.headers.get("accept-language", "").lower()
        if self.default_language is not None and "ja" not in said and "en" not in said:
            return self.default_language
        return language_of(said)

    @property
    def words(self) -> Mapping[str, str]:
        """The words of that language."""
        return WORDS[self.language]

    def address(self, below: str = "", **query: str) -> str:
        """An address below this link that keeps a chosen language."""
        if "lang" not in query and "lang" in self.query:
            query["lang"] = self.language
        joined = urlencode(query)
        return f"{self.here}{below}" + (f"?{joined}" if joined else "")

    def cookie(self, name: str) -> str:
        """A cookie's value, "" without it."""
        return cookie_value(self.request.headers, name) or ""

    def require_same_origin(self, tenant: Tenant) -> None:
        """Raises Refused("origin_not_allowed") for a form that another site's page sends."""
        site = self.request.headers.get("sec-fetch-site", "same-origin")
        origin = self.request.headers.get("origin", tenant.base_url)
        known = origin.lower() == tenant.base_url.lower()
        opaque = origin == "null" and "sec-fetch-site" in self.request.headers
        if site not in ("same-origin", "none") or not (known or opaque):
            raise Refused("origin_not_allowed", "This form was sent by another site.")

    def page(self, title: str, *blocks: str, status: int = 200, cookies: tuple[str, ...] = ()) -> Response:
        """An answer that is a page, with the way to the same address in the other language."""
        below = self.request.path.removeprefix(MOUNT + "{token}").format_map(self.path)
        kept = {"cursor": self.query["cursor"]} if "cursor" in self.query else {}
        other = "en" if self.language == "ja" else "ja"
        switch = (self.words["other"], self.address(below, lang=other, **kept))
        headers: dict[str, Any] = {**HEADERS, "Content-Language": self.language}
        if cookies:
            headers["Set-Cookie"] = list(cookies)
        return Response(document(self.language, title, blocks, other=switch), headers, status)

    def redirect(self, address: str, *, cookies: tuple[str, ...] = ()) -> Response:
        """Go there with a GET (RFC 9110 15.4.4)."""
        headers: dict[str, Any] = {**HEADERS, "Location": address}
        if cookies:
            headers["Set-Cookie"] = list(cookies)
        return Response("", headers, 303)


def link_cookie(asked: Asked, tenant: Tenant, name: str, value: str, *, seconds: int | None = None) -> str:
    """A cookie of this link alone. Without ``seconds`` it ends with the browser."""
    return cookie_text(tenant, name, value, path=asked.here, seconds=seconds)


def plain_page(app: FumibakoApp, path: str, method: str) -> Callable[[Handler], Handler]:
    """Register a page. ``path`` begins with ``/p/{token}``."""

    def register(handler: Handler) -> Handler:
        def view(token: str, **parameters: str) -> Response:
            return _answered(handler, Asked(app.request, token, parameters))

        view.__name__ = f"{handler.__name__}_{method.lower()}"
        _PAGES.setdefault(app, []).append((method, path))
        app.route(path, methods=[method], content_types=[_FORM], name=view.__name__)(view)
        app.open_routes.add((path, method))
        return handler

    return register


def plain_pages(app: FumibakoApp) -> list[tuple[str, str]]:
    """Method and path of every page without script of a service. They are no part of the HTTP API, nor of OpenAPI."""
    return list(_PAGES.get(app, []))


def refusal_page(refused: Refused, language: Language, *, back: tuple[str, str] | None = None) -> tuple[int, str]:
    """Status and markup of a refusal for people. ``back``: label and address of a way out."""
    entry = CATALOGUE.get(refused.code, FALLBACK)
    title, hint = (entry.title_ja, entry.hint_ja) if language == "ja" else (entry.title, entry.hint)
    blocks = [trouble(title, hint)] + ([f"<nav>{anchor(back[1], back[0])}</nav>"] if back else [])
    return entry.status, document(language, title, blocks)


def _answered(handler: Handler, asked: Asked) -> Response:
    try:
        return handler(asked)
    except Refused as refused:
        back = (asked.words["back"], asked.address()) if refused.code not in ("not_found", "gone") else None
        status, text = refusal_page(refused, asked.language, back=back)
        headers: dict[str, Any] = {**HEADERS, "Content-Language": asked.language}
        if refused.retry_after is not None:
            headers["Retry-After"] = str(refused.retry_after)
        return Response(text, headers, status)
