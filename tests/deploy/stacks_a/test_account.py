"""Wrong credentials and half-made stacks are told before anything is touched."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from deploy.__main__ import main
from deploy.account import account_clients, deployed_templates, refuse_half_made, stack_states
from deploy.errors import Refused
from deploy.stage import load_stage

PROD = load_stage("prod")
NOTHING = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
_ENDED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>ExpiredToken</Code><Message>The security token included in the request is expired</Message></Error>
<RequestId>1</RequestId></ErrorResponse>"""


class _Expired(BaseHTTPRequestHandler):
    """Answers as STS does when a session is over."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(403)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(_ENDED)))
        self.end_headers()
        self.wfile.write(_ENDED)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch, credentials: None) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Expired)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_expired_credentials_are_told_as_such(expired: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--stage", "prod"]) == 2
    told = capsys.readouterr().err
    assert "credentials_expired" in told
    assert "Sign in again" in told


def test_no_profile_of_that_name() -> None:
    with pytest.raises(Refused) as caught:
        account_clients(PROD, "a profile that is not there")
    assert caught.value.code == "credentials_missing"


@mock_aws
def test_another_account_is_refused() -> None:
    with pytest.raises(Refused, match="444455556666") as caught:
        account_clients(PROD, None)
    assert caught.value.code == "account_wrong"


@mock_aws
def test_stacks_of_the_stage_alone_are_looked_at() -> None:
    client = boto3.client("cloudformation", region_name="ap-northeast-1")
    for name in ("fumibako-prod-data", "fumibako-dev-data", "something-else"):
        client.create_stack(StackName=name, TemplateBody=NOTHING)
    assert stack_states(client, PROD) == {"fumibako-prod-data": "CREATE_COMPLETE"}
    assert list(deployed_templates(client, PROD)) == ["fumibako-prod-data"]
    refuse_half_made(client, PROD)


@pytest.mark.parametrize("state", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"])
def test_a_half_made_stack_is_told_by_name(state: str) -> None:
    client = boto3.client(
        "cloudformation", region_name="ap-northeast-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stub:
        stub.add_response(
            "describe_stacks",
            {"Stacks": [{"StackName": "fumibako-prod-web", "StackStatus": state, "CreationTime": 0}]},
        )
        with pytest.raises(Refused, match=f"fumibako-prod-web \\({state}\\)") as caught:
            refuse_half_made(client, PROD)
    assert caught.value.code == "stack_half_made"
