"""The built page: the files of one folder, with the headers that its build wrote down (``headers.json``), compressed beforehand.

A build gives routes (addresses to files, ``*`` for every address inside the page) and rules (the first pattern that fits a file gives its
headers). ``{blobs}`` in a header stands for the origins of the tenant's signed addresses.
"""

import hashlib
import json
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from chalicelib.domain.errors import NotFound
from onprem.runtime.asgi_messages import Receive, Scope, Send, header, send_answer, start_answer

HEADERS_FILE: Final = "headers.json"
# In the order in which they are preferred; each lies beside its file under this ending.
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_ON_HTTPS_ALONE: Final = "strict-transport-security"
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".wasm": "application/wasm", ".json": "application/json"}


@dataclass(frozen=True)
class PageOrigins:
    """What a page's headers depend on: the origins of signed addresses, and whether the page came by https."""

    blobs: tuple[str, ...]
    is_https: bool


OriginsOf = Callable[[str], Awaitable[PageOrigins]]


@dataclass(frozen=True)
class _File:
    """One file and its compressed forms; ``headers`` still hold ``{blobs}``."""

    path: Path
    media_type: str
    encodings: tuple[tuple[str, Path], ...]
    headers: tuple[tuple[str, str], ...]


class Page:
    """``folder`` is what ``npm run build`` made; ``origins`` is asked with the Host of each request for a document.

    The list of files is read once: no path of a request ever reaches the file system. Links such as /l have their secret in the fragment,
    which never comes here.
    """

    def __init__(self, folder: str, origins: OriginsOf) -> None:
        root = Path(folder)
        built: dict[str, Any] = json.loads((root / HEADERS_FILE).read_text("utf-8"))
        self._routes: Mapping[str, str] = built["routes"]
        self._files = dict(_files(root, built["rules"]))
        self._origins = origins

    async def handle(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer a GET or HEAD. Raises NotFound for a file that is not there."""
        file = self._files.get(self._file_of(scope["path"]))
        if file is None:
            raise NotFound("There is no such page.")
        headers = await self._headers(file, header(scope, b"host"))
        encoding, path = _chosen(file, header(scope, b"accept-encoding"))
        body, tag = _content(path)
        headers += [("etag", tag)]
        if file.encodings:
            headers += [("vary", "Accept-Encoding")]
        if header(scope, b"if-none-match") == tag:
            # No length: it would be that of the content (RFC 9110, 8.6).
            await start_answer(send, 304, headers)
            await send({"type": "http.response.body", "body": b""})
            return
        if encoding:
            headers += [("content-encoding", encoding)]
        headers += [("content-type", file.media_type)]
        await send_answer(send, 200, headers, body)

    def _file_of(self, path: str) -> str:
        if path in self._files:
            return path
        found = self._routes.get(path)
        # A last segment with a dot names a file; everything else is an address inside the page.
        if found is None and "." not in path.rsplit("/", 1)[-1]:
            found = self._routes["*"]
        return found or path

    async def _headers(self, file: _File, host: str) -> list[tuple[str, str]]:
        if not any("{blobs}" in value or name == _ON_HTTPS_ALONE for name, value in file.headers):
            return list(file.headers)
        origins = await self._origins(host)
        blobs = "".join(f" {origin}" for origin in origins.blobs)
        return [
            (name, value.replace("{blobs}", blobs))
            for name, value in file.headers
            if origins.is_https or name != _ON_HTTPS_ALONE
        ]


def _files(root: Path, rules: list[dict[str, Any]]) -> list[tuple[str, _File]]:
    every = {path for path in root.rglob("*") if path.is_file()}
    packed = {path for path in every for _, ending in _ENCODINGS if path.suffix == ending}
    found = []
    for path in sorted(every - packed - {root / HEADERS_FILE}):
        name = f"/{path.relative_to(root).as_posix()}"
        encodings = tuple((one, Path(f"{path}{ending}")) for one, ending in _ENCODINGS)
        kept = tuple((one, beside) for one, beside in encodings if beside in packed)
        headers: Mapping[str, str] = next((rule["headers"] for rule in rules if fnmatchcase(name, rule["match"])), {})
        lower = tuple((key.lower(), str(value)) for key, value in headers.items())
        found.append((name, _File(path, _media_type(path), kept, lower)))
    return found


def _media_type(path: Path) -> str:
    guessed = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed in ("text/html", "text/css") else guessed


def _chosen(file: _File, accepted: str) -> tuple[str, Path]:
    """The best form that the client takes (RFC 9110, 12.5.3); a weight of 0 refuses one."""
    taken = set()
    for one in accepted.lower().split(","):
        name, _, weight = one.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            taken.add(name.strip())
    return next(((name, path) for name, path in file.encodings if name in taken), ("", file.path))


@lru_cache(maxsize=256)
def _content(path: Path) -> tuple[bytes, str]:
    """A file's bytes and entity tag. A build is never changed in place, so what was read once stays true."""
    content = path.read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:24]}"'
