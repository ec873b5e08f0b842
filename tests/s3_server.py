"""moto's S3 as a real HTTP server, behind what moto leaves out and S3 does: it checks signatures and lengths.

The signature of a presigned address is computed again by botocore, which our signer shares no line with. A body that is shorter than its
Content-Length is refused (IncompleteBody). ``fault`` answers every request with an error, as S3 and its kin do.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

ACCESS_KEY = "AKIDTESTS"
SECRET_KEY = "secret-of-the-tests"
REGION = "ap-northeast-1"
FAULTS = {
    "away": ("503 Slow Down", "SlowDown"),
    "full": ("507 Insufficient Storage", "XMinioStorageFull"),
    "unknown": ("403 Forbidden", "AccessDenied"),
}


@dataclass
class SignedS3:
    """WSGI middleware; ``now`` gives the time by which addresses expire, ``seen`` the requests that passed."""

    inner: Any
    now: Callable[[], int] = lambda: 0
    fault: str | None = None
    cut: bool = False
    seen: list[dict[str, Any]] = field(default_factory=list)
    # moto's own state is not made for several threads.
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if self.fault:
            return _refuse(start, *FAULTS[self.fault])
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        if len(body) != length:
            return _refuse(start, "400 Bad Request", "IncompleteBody")
        if "X-Amz-Signature" in environ.get("QUERY_STRING", ""):
            refusal = self._refusal(environ)
            if refusal:
                return _refuse(start, "403 Forbidden", refusal)
        self.seen.append(dict(environ))
        with self._one_at_a_time:
            answer = list(self.inner({**environ, "wsgi.input": BytesIO(body)}, start))
        return [b"".join(answer)[:1]] if self.cut and environ["REQUEST_METHOD"] == "GET" else answer

    def _refusal(self, environ: dict[str, Any]) -> str | None:
        path, _, query = environ["REQUEST_URI"].partition("?")
        values = dict(parse_qsl(query, keep_blank_values=True))
        signed = {name: _header(environ, name) for name in values["X-Amz-SignedHeaders"].split(";")}
        unsigned = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
        request = AWSRequest(environ["REQUEST_METHOD"], f"http://{environ['HTTP_HOST']}{path}?{unsigned}", signed)
        request.context["timestamp"] = values["X-Amz-Date"]
        auth = S3SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION)
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        if expected != values["X-Amz-Signature"]:
            return "SignatureDoesNotMatch"
        begun = datetime.strptime(values["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
        return "AccessDenied" if self.now() / 1000 >= begun + int(values["X-Amz-Expires"]) else None


def _header(environ: dict[str, Any], name: str) -> str:
    if name == "content-length":
        return str(environ.get("CONTENT_LENGTH", ""))
    return str(environ.get("HTTP_" + name.upper().replace("-", "_"), ""))


def _refuse(start: Any, status: str, code: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "application/xml"), ("Connection", "close")])
    return [f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()]


@dataclass(frozen=True)
class S3Server:
    """Where it listens and the middleware in front of it."""

    url: str
    gate: SignedS3


@cache
def s3_server() -> S3Server:
    """One server for the process, on a free port; it ends with the process."""
    gate = SignedS3(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return S3Server(f"http://127.0.0.1:{server.server_port}", gate)
