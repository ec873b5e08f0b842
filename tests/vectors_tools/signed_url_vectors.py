"""Signed addresses: the filesystem store's by the standard library's HMAC, S3's by botocore and from AWS's own page."""

import base64
import hashlib
import hmac
from typing import Any

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.vectors_tools.write import write

SECRET = bytes(range(32))
PATH = "/blobs/acme/tr_0" + "a" * 25 + "/bl_0" + "b" * 25
EXPIRES = 1_782_000_900_000
VERSION = "0123456789abcdef0123456789abcdef"
PUT = {"exp": str(EXPIRES), "n": "7", "size": "16777216"}
GET = {"exp": str(EXPIRES), "v": VERSION}


def make() -> None:
    _filesystem()
    _refused()
    _s3()


def _signature(method: str, path: str, query: dict[str, str]) -> str:
    text = "&".join(f"{name}={query[name]}" for name in sorted(query))
    digest = hmac.new(SECRET, f"fumibako-blob-url-1\n{method}\n{path}\n{text}\n".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _filesystem() -> None:
    for name, method, query in (("filesystem-put", "PUT", PUT), ("filesystem-get", "GET", GET)):
        write(
            "signed_urls",
            name,
            origin="Python's hmac; the signature was compared with openssl dgst -mac HMAC",
            kind="filesystem",
            secret=SECRET.hex(),
            method=method,
            path=PATH,
            query=query | {"sig": _signature(method, PATH, query)},
            now=EXPIRES - 1,
        )


def _refused() -> None:
    signed = PUT | {"sig": _signature("PUT", PATH, PUT)}
    read = GET | {"sig": _signature("GET", PATH, GET)}
    cases: dict[str, tuple[str, str, dict[str, str], int, str]] = {
        "expired": ("PUT", PATH, signed, EXPIRES, "url_expired"),
        "another-part": ("PUT", PATH, signed | {"n": "8"}, 0, "url_invalid"),
        "another-size": ("PUT", PATH, signed | {"size": "16777217"}, 0, "url_invalid"),
        "longer-life": ("PUT", PATH, signed | {"exp": str(EXPIRES + 1)}, 0, "url_invalid"),
        "another-tenant": ("PUT", PATH.replace("/acme/", "/other/"), signed, 0, "url_invalid"),
        "put-address-read": ("GET", PATH, signed, 0, "url_invalid"),
        "get-address-written": ("PUT", PATH, read, 0, "url_invalid"),
        "another-version": ("GET", PATH, read | {"v": "f" * 32}, 0, "url_invalid"),
        "added-parameter": ("GET", PATH, read | {"n": "1"}, 0, "url_invalid"),
        "padded-signature": ("GET", PATH, read | {"sig": read["sig"] + "="}, 0, "url_invalid"),
        "no-signature": ("GET", PATH, GET, 0, "url_invalid"),
        "dots-in-path": ("GET", PATH + "/..", read, 0, "url_invalid"),
    }
    for name, (method, path, query, now, error) in cases.items():
        write(
            "signed_urls",
            f"filesystem-refused-{name}",
            origin="by hand",
            error=error,
            kind="filesystem",
            secret=SECRET.hex(),
            method=method,
            path=path,
            query=query,
            now=now,
        )


def _s3() -> None:
    example: dict[str, Any] = {
        "access_key": "AKIAIOSFODNN7EXAMPLE",
        "secret_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "token": None,
    }
    write(
        "signed_urls",
        "s3-aws-example",
        origin="https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html",
        kind="s3",
        credentials=example,
        region="us-east-1",
        at=1_369_353_600,
        seconds=86_400,
        request=_request("GET", "https://examplebucket.s3.amazonaws.com", "/test.txt", {}, {}),
        url="https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z"
        "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    )
    origin, path = "https://blobs.s3.ap-northeast-1.amazonaws.com", PATH.removeprefix("/blobs")
    part = {"partNumber": "7", "uploadId": "abc.DEF-_~/+="}
    read = {"response-content-disposition": "attachment", "response-content-type": "application/octet-stream"}
    version = {"versionId": "3/L4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY", **read}
    for name, keys, request in (
        ("s3-part", example, _request("PUT", origin, path, part, {"content-length": "16777216"})),
        ("s3-part-token", example | {"token": "a+b/c=="}, _request("PUT", origin, path, part, {"content-length": "1"})),
        (
            "s3-single",
            example,
            _request("PUT", origin, path, {}, {"content-length": "0", "if-none-match": "*"}),
        ),
        ("s3-get", example, _request("GET", origin, path, version, {})),
        (
            "s3-get-etag-path-style",
            example,
            _request("GET", "http://127.0.0.1:9000", "/blobs" + path, read, {"if-match": '"d41d8cd98f00b204"'}),
        ),
    ):
        write(
            "signed_urls",
            name,
            origin="botocore, S3SigV4QueryAuth",
            kind="s3",
            credentials=keys,
            region="ap-northeast-1",
            at=1_782_000_000,
            seconds=900,
            request=request,
            url=_botocore(keys, request),
        )


def _request(method: str, origin: str, path: str, query: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
    return {"method": method, "origin": origin, "path": path, "query": query, "headers": headers}


def _botocore(keys: dict[str, Any], request: dict[str, Any]) -> str:
    made = AWSRequest(
        request["method"], request["origin"] + request["path"], dict(request["headers"]), params=dict(request["query"])
    )
    made.context["timestamp"] = "20260621T000000Z"
    credentials = Credentials(keys["access_key"], keys["secret_key"], keys["token"])
    auth = S3SigV4QueryAuth(credentials, "s3", "ap-northeast-1", expires=900)
    auth._modify_request_before_signing(made)
    signature = auth.signature(auth.string_to_sign(made, auth.canonical_request(made)), made)
    auth._inject_signature_to_request(made, signature)
    return str(made.url)
