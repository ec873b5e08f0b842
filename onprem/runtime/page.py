"""The built page: files of a folder, and its one document for every address that the page itself routes."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from chalicelib.domain.errors import NotFound
from onprem.runtime.asgi_messages import Message, Receive, Scope, Send

_POLICY: Final = (
    "default-src 'self'; connect-src 'self' https:; img-src 'self' data: blob:; worker-src 'self' blob:; "
    "script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Page:
    """``folder`` holds index.html and what it loads. Links such as /l have their secret in the fragment, which never comes here."""

    def __init__(self, folder: str) -> None:
        self._files = StaticFiles(directory=folder, html=True)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD. Raises NotFound for a file that is not there."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS, (b"cache-control", _caching(scope["path"]))]
            await send(message)

        try:
            await self._files(scope, receive, guarded)
        except HTTPException as error:
            # A last segment with a dot names a file; everything else is an address inside the page.
            if error.status_code != 404 or "." in scope["path"].rsplit("/", 1)[-1]:
                raise NotFound("There is no such page.") from None
            await self._files({**scope, "path": "/index.html"}, receive, guarded)


def _caching(path: str) -> bytes:
    """Built assets carry a hash in their name and never change; the document is asked for each time."""
    return b"public, max-age=31536000, immutable" if path.startswith("/assets/") else b"no-cache"
