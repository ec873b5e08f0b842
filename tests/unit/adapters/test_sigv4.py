"""Our presigner against botocore's, and against the example of AWS's own page."""

import time
from collections.abc import Callable

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.s3_part_urls import part_presigner
from chalicelib.adapters.sigv4 import SigningMoment, SigV4Credentials, SigV4Request, encoded_path, presign

AT = 1_782_000_123
KEYS = SigV4Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def botocore_url(request: SigV4Request, moment: SigningMoment) -> str:
    """What botocore makes of the same request at the same second."""
    query = AWSRequest(
        method=request.method,
        url=f"{request.origin}{request.path}",
        params=dict(request.query),
        headers=dict(request.headers),
    )
    keys = moment.credentials
    credentials = Credentials(keys.access_key, keys.secret_key, keys.token)
    auth = S3SigV4QueryAuth(credentials, moment.service, moment.region, expires=moment.seconds)
    query.context["timestamp"] = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(moment.at))
    auth._modify_request_before_signing(query)
    signature = auth.signature(auth.string_to_sign(query, auth.canonical_request(query)), query)
    auth._inject_signature_to_request(query, signature)
    return str(query.url)


def moment(keys: SigV4Credentials = KEYS, at: int = AT, seconds: int = 900) -> SigningMoment:
    return SigningMoment(keys, "ap-northeast-1", at, seconds)


def part(number: int = 1, **changes: object) -> SigV4Request:
    values: dict[str, object] = {
        "method": "PUT",
        "origin": "https://bucket.s3.ap-northeast-1.amazonaws.com",
        "path": encoded_path("/acme/tr_0/bl_0"),
        "query": {"partNumber": str(number), "uploadId": "aBc.dEf-_~1"},
        "headers": {"content-length": "16777216"},
    }
    return SigV4Request(**(values | changes))  # type: ignore[arg-type]


CASES: dict[str, SigV4Request] = {
    "part": part(),
    "single put": part(query={}, headers={"content-length": "0", "if-none-match": "*"}),
    "get a version": part(method="GET", query={"versionId": "3/L4kqtJl+cpx=="}, headers={}),
    "get, answered as an attachment": part(
        method="GET", query={"versionId": "3/L4", "response-content-type": "application/octet-stream"}, headers={}
    ),
    "get unversioned": part(method="GET", query={}, headers={"if-match": '"0123"'}),
    "plain http with a port": part(origin="http://127.0.0.1:9000"),
    "path style": part(origin="https://s3.amazonaws.com", path=encoded_path("/bucket/acme/文箱 a+b~(1).bin")),
    "spaces in a header": part(headers={"x-amz-meta-a": "  two   words "}),
    "reserved characters": part(query={"a": "&=?/ +%", "a-b": "1", "a.b": "2", "A": "é"}),
}


@pytest.mark.parametrize("token", [None, "a+token/with=="])
@pytest.mark.parametrize("name", CASES)
def test_equals_botocore_byte_for_byte(name: str, token: str | None) -> None:
    when = moment(SigV4Credentials(KEYS.access_key, KEYS.secret_key, token))
    assert presign(CASES[name], when) == botocore_url(CASES[name], when)


@pytest.mark.parametrize("token", [None, "a+token/with=="])
@pytest.mark.parametrize("upload", ["aBc.dEf-_~1", "with/slash+plus=="])
def test_many_parts_at_once_equal_botocore_too(upload: str, token: str | None) -> None:
    when = moment(SigV4Credentials(KEYS.access_key, KEYS.secret_key, token))
    sign = part_presigner(when, part().origin, part().path, upload)
    for number, size in ((1, 5 * 1024**2), (17, 1), (10_000, 5 * 1024**3)):
        query, headers = {"partNumber": str(number), "uploadId": upload}, {"content-length": str(size)}
        assert sign(number, size) == botocore_url(part(query=query, headers=headers), when)


TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x3100, exclude_categories=["Cs"]), min_size=1, max_size=20
)


@settings(max_examples=100, deadline=None)
@given(
    query=st.dictionaries(TEXT, TEXT, max_size=4),
    key=TEXT,
    at=st.integers(0, 4_000_000_000),
    seconds=st.integers(1, 604_800),
    length=st.integers(0, 5 * 1024**3),
)
def test_equals_botocore_for_any_request(query: dict[str, str], key: str, at: int, seconds: int, length: int) -> None:
    request = part(query=query, path="/" + encoded_path(key), headers={"content-length": str(length)})
    when = moment(at=at, seconds=seconds)
    assert presign(request, when) == botocore_url(request, when)


def test_example_of_the_aws_page() -> None:
    request = SigV4Request("GET", "https://examplebucket.s3.amazonaws.com", "/test.txt", {}, {})
    keys = SigV4Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    url = presign(request, SigningMoment(keys, "us-east-1", at=1_369_353_600, seconds=86_400))
    assert url.endswith("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")


@pytest.mark.parametrize("seconds", [0, -1, 604_801])
def test_a_life_that_s3_refuses_is_refused_here(seconds: int) -> None:
    with pytest.raises(ValueError, match="604800"):
        moment(seconds=seconds)


def test_credentials_do_not_print_themselves() -> None:
    assert KEYS.secret_key not in repr(KEYS)


def test_twenty_times_faster_than_botocore() -> None:
    client = boto3.client(
        "s3",
        region_name="ap-northeast-1",
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        config=Config(signature_version="s3v4"),
    )

    def theirs(number: int) -> None:
        params = {"Bucket": "bucket", "Key": "acme/tr_0/bl_0", "PartNumber": number, "UploadId": "aBc"}
        client.generate_presigned_url("upload_part", Params=params, ExpiresIn=900)

    def best(work: Callable[[int], object], count: int) -> float:
        rounds = []
        for _ in range(3):
            start = time.perf_counter()
            for number in range(1, count + 1):
                work(number)
            rounds.append((time.perf_counter() - start) / count)
        return min(rounds)

    sign = part_presigner(moment(), part().origin, part().path, "aBc")
    assert best(theirs, 100) / best(lambda number: sign(number, 16_777_216), 500) >= 20
