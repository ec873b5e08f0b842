"""AWS Signature Version 4 for query strings: presigned addresses, equal to botocore's byte for byte and much faster.

Pure: credentials and time are arguments. Source: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)",
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html. As S3 wants it: the path is not normalised and
the payload is ``UNSIGNED-PAYLOAD``.

A header that is given here is signed, so the client must send exactly its value: that is how a PUT is held to its length
(``content-length``) and to happening once (``if-none-match``).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from urllib.parse import quote

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST = 7 * 24 * 3600


@dataclass(frozen=True, eq=False)
class SigV4Credentials:
    """An access key; ``token`` with temporary ones, ``expires_at`` (ms) where it is known. Never printed.

    Compared by identity, which is quick to look up by and keeps the secret out of hashes.
    """

    access_key: str
    secret_key: str
    token: str | None = None
    expires_at: int | None = None

    def __repr__(self) -> str:
        return "SigV4Credentials(...)"


@dataclass(frozen=True)
class SigV4Request:
    """What is signed: ``origin`` is scheme and host, ``path`` is encoded already, query and headers are plain, headers lower-case."""

    method: str
    origin: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class SigningMoment:
    """Who signs, for where, at which second and for how long: all that the addresses of one second share.

    ``at`` is in seconds since the epoch; ``seconds`` is 1 to 604,800, anything else raises ValueError.
    """

    credentials: SigV4Credentials
    region: str
    at: int
    seconds: int
    service: str = "s3"

    def __post_init__(self) -> None:
        if not 1 <= self.seconds <= LONGEST:
            raise ValueError("A presigned address lives for 1 to 604800 seconds.")

    @cached_property
    def stamp(self) -> str:
        """The time as ISO 8601 basic format."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y%m%dT%H%M%SZ")

    @cached_property
    def area(self) -> str:
        """The credential scope."""
        return f"{self.stamp[:8]}/{self.region}/{self.service}/aws4_request"

    @cached_property
    def text_head(self) -> str:
        """The string to sign, up to the hash of the canonical request."""
        return f"{ALGORITHM}\n{self.stamp}\n{self.area}\n"

    @cached_property
    def key(self) -> bytes:
        """The signing key of the day."""
        key = f"AWS4{self.credentials.secret_key}".encode()
        for text in self.area.split("/"):
            key = hmac.digest(key, text.encode(), "sha256")
        return key

    def parameters(self, signed_names: str) -> tuple[str, str]:
        """The X-Amz parameters as they are written and as they are signed (sorted)."""
        values = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.credentials.access_key}/{self.area}",
            "X-Amz-Date": self.stamp,
            "X-Amz-Expires": str(self.seconds),
            "X-Amz-SignedHeaders": signed_names,
        }
        if self.credentials.token is not None:
            values["X-Amz-Security-Token"] = self.credentials.token
        pairs = [f"{name}={_quoted(value)}" for name, value in values.items()]
        return "&".join(pairs), "&".join(sorted(pairs))


def encoded_path(path: str) -> str:
    """Percent-encode a path as S3 does, slashes kept."""
    return quote(path, safe="/~")


def presign(request: SigV4Request, moment: SigningMoment) -> str:
    """The address of one request."""
    headers = {"host": request.origin.partition("://")[2], **request.headers}
    names = sorted(headers)
    signed_names = ";".join(names)
    auth, ordered = moment.parameters(signed_names)
    operation = [f"{_quoted(name)}={_quoted(value)}" for name, value in request.query.items()]
    # Sorted by name, then value: "=" comes after "-", so sorting the joined texts would put "a-b" before "a".
    query = "&".join(sorted([*operation, *ordered.split("&")], key=lambda pair: pair.partition("=")))
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    canonical = f"{request.method}\n{request.path}\n{query}\n{lines}\n{signed_names}\nUNSIGNED-PAYLOAD"
    text = moment.text_head + sha256(canonical.encode()).hexdigest()
    signature = hmac.digest(moment.key, text.encode(), "sha256").hex()
    return f"{request.origin}{request.path}?{'&'.join([*operation, auth])}&X-Amz-Signature={signature}"


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
