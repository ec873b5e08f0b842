"""Which operation a request was, and what a bill counts of it: on requests as botocore and our signed addresses make them."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import pytest
from botocore.config import Config

from deploy.box.operations import Request, caller_of, operation_of, units_of

BUCKET = "fumibako-box-blobs"


class Caught(Exception):
    """A request on its way out."""

    def __init__(self, request: Any) -> None:
        super().__init__("caught")
        self.request = request


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")


def asked(service: str, method: str, **parameters: Any) -> Request:
    """The request that boto3 would send."""
    how = Config(s3={"addressing_style": "path"}, user_agent_appid="transfers-box-on_events")
    client = boto3.client(service, region_name="us-east-1", endpoint_url="http://localhost:1", config=how)

    def catch(request: Any, **_: Any) -> None:
        raise Caught(request)

    client.meta.events.register("before-send.*.*", catch)
    with pytest.raises(Caught) as caught:
        getattr(client, method)(**parameters)
    sent = caught.value.request
    parts = urlsplit(sent.url)
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value) for name, value in sent.headers.items()
    }
    body = sent.body.read() if hasattr(sent.body, "read") else sent.body or b""
    return Request(sent.method, parts.path, parts.query, headers, body if isinstance(body, bytes) else body.encode())


OBJECT = {"Bucket": BUCKET, "Key": "acme/tr/bl"}
PART = {**OBJECT, "UploadId": "u", "PartNumber": 1}
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "dynamodb:GetItem": ("dynamodb", "get_item", {"TableName": "records", "Key": {"pk": {"S": "a"}}}),
    "kms:Decrypt": ("kms", "decrypt", {"CiphertextBlob": b"x"}),
    "sqs:SendMessage": ("sqs", "send_message", {"QueueUrl": "http://localhost:1/q", "MessageBody": "x"}),
    "sns:PublishBatch": (
        "sns",
        "publish_batch",
        {
            "TopicArn": "arn:aws:sns:us-east-1:000000000000:events",
            "PublishBatchRequestEntries": [{"Id": "0", "Message": "x"}],
        },
    ),
    "ses:SendEmail": (
        "sesv2",
        "send_email",
        {"FromEmailAddress": "a@b.example", "Content": {"Raw": {"Data": b"Subject: x\r\n\r\n"}}},
    ),
    "sts:AssumeRole": (
        "sts",
        "assume_role",
        {
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "RoleSessionName": "acme",
            "Tags": [{"Key": "TenantId", "Value": "acme"}],
        },
    ),
    "s3:PutObject": ("s3", "put_object", {**OBJECT, "Body": b"x"}),
    "s3:GetObject": ("s3", "get_object", OBJECT),
    "s3:HeadObject": ("s3", "head_object", OBJECT),
    "s3:DeleteObject": ("s3", "delete_object", {**OBJECT, "VersionId": "v"}),
    "s3:CreateMultipartUpload": ("s3", "create_multipart_upload", OBJECT),
    "s3:UploadPart": ("s3", "upload_part", {**PART, "Body": b"x"}),
    "s3:ListParts": ("s3", "list_parts", {**OBJECT, "UploadId": "u"}),
    "s3:CompleteMultipartUpload": (
        "s3",
        "complete_multipart_upload",
        {**OBJECT, "UploadId": "u", "MultipartUpload": {"Parts": []}},
    ),
    "s3:AbortMultipartUpload": ("s3", "abort_multipart_upload", {**OBJECT, "UploadId": "u"}),
    "s3:ListObjectVersions": ("s3", "list_object_versions", {"Bucket": BUCKET}),
    "s3:ListMultipartUploads": ("s3", "list_multipart_uploads", {"Bucket": BUCKET}),
    "s3:DeleteObjects": ("s3", "delete_objects", {"Bucket": BUCKET, "Delete": {"Objects": [{"Key": "k"}]}}),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_operation_of_the_product_is_known_by_its_request(name: str) -> None:
    service, method, parameters = CALLS[name]
    request = asked(service, method, **parameters)
    assert operation_of(request) == name
    assert caller_of(request) == "transfers-box-on_events"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_signed_address_is_people_s_own(method: str) -> None:
    query = urlencode({"versionId": "v", "X-Amz-Signature": "0"}) if method == "GET" else "X-Amz-Signature=0"
    request = Request(method, f"/{BUCKET}/acme/tr/bl", query, {"user-agent": "fumibako/0.1.0"}, b"")
    assert operation_of(request) == ("s3:GetObject" if method == "GET" else "s3:PutObject")
    assert caller_of(request) == ""


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_ministack/health"),
        ("GET", "/auth/v1/me"),
        ("POST", "/restapis/a1/api/_user_request_/v1/me"),
        ("GET", "/"),
    ],
)
def test_what_is_no_operation_of_aws_is_left_out(method: str, path: str) -> None:
    assert operation_of(Request(method, path, "", {}, b"")) == ""


def put(size: int) -> dict[str, Any]:
    return {"Put": {"Item": {"b": {"S": "x" * size}}}}


@pytest.mark.parametrize(
    ("name", "body", "answer", "read", "write", "items"),
    [
        ("GetItem", {}, {}, 1, 0, 1),
        ("GetItem", {}, {"Item": {"b": {"S": "x" * 9_000}}}, 3, 0, 1),
        ("Query", {}, {"Items": [], "Count": 0}, 1, 0, 0),
        ("Query", {}, {"Items": [{"b": {"S": "x" * 500}}] * 9, "Count": 9}, 2, 0, 9),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [1, 2]}}}, {"Responses": {"t": [{"b": {"S": "x"}}]}}, 2, 0, 2),
        ("TransactWriteItems", {"TransactItems": [put(10), put(1_500)]}, {}, 0, 6, 2),
        ("BatchWriteItem", {"RequestItems": {"t": [{"DeleteRequest": {}}] * 3}}, {}, 0, 3, 3),
        ("UpdateItem", {"Key": {}}, {}, 0, 1, 1),
    ],
)
def test_units_are_counted_as_dynamodb_counts_them(
    name: str, body: object, answer: object, read: int, write: int, items: int
) -> None:
    found = units_of(f"dynamodb:{name}", json.dumps(body).encode(), json.dumps(answer).encode())
    assert (found.read, found.write, found.items) == (read, write, items)


def test_a_batch_of_messages_counts_each() -> None:
    entries = [{"Id": str(number), "Message": "x"} for number in range(4)]
    request = asked(
        "sns", "publish_batch", TopicArn="arn:aws:sns:us-east-1:000000000000:e", PublishBatchRequestEntries=entries
    )
    assert units_of("sns:PublishBatch", request.body, b"").items == 4


def test_a_body_that_is_cut_off_is_no_reason_to_stop() -> None:
    assert units_of("dynamodb:Query", b'{"Table', b"<html>").read == 1


@pytest.mark.parametrize(("answer", "items"), [({"Messages": [{}, {}]}, 2), ({"Messages": []}, 0), ({}, 0)])
def test_what_a_queue_gave_is_counted_by_messages(answer: dict[str, Any], items: int) -> None:
    assert units_of("sqs:ReceiveMessage", b"{}", json.dumps(answer).encode()).items == items
