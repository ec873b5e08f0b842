"""A client that a public generator (openapi-python-client) made of /openapi.json sends a file and fetches it, over HTTP."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from fumibako_format import base64url
from tests.service.support.caller import mailed_code, mailed_link, mails_to
from tests.service.support.live import Live, live
from tests.service.support.parcel import Made, announce, fetch, records, streams

pytestmark = pytest.mark.slow

GUEST = "soto@example.com"
# Two packed ones and one that is a blob of its own.
CONTENTS = {"見積書.txt": "御見積".encode(), "empty": b"", "large.bin": bytes(range(256)) * 6_000}


class Generated:
    """The package that was generated; ``ask`` calls the function of one operation with a model of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.name = f"fumibako_generated_{uuid4().hex}"
        document = folder / "openapi.json"
        document.write_bytes(httpx.get(f"{url}/openapi.json").content)
        (folder / "config.yml").write_text("post_hooks: []\n", "utf-8")
        command = [str(Path(sys.executable).with_name("openapi-python-client")), "generate", "--meta", "none"]
        command += ["--path", str(document), "--config", str(folder / "config.yml"), "--output-path"]
        done = subprocess.run([*command, str(folder / self.name), "--fail-on-warning"], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def ask(self, operation: str, *path: str, token: str | None = None, model: str = "", body: Any = None) -> Any:
        """What the generated function made of the answer; a problem fails the test."""
        service = operation.partition("_")[0]
        function = import_module(f"{self.name}.api.{service}.{operation}").sync_detailed
        arguments = {}
        if body is not None:
            module = "".join("_" + c.lower() if c.isupper() else c for c in model).lstrip("_")
            arguments["body"] = getattr(import_module(f"{self.name}.models.{module}"), model).from_dict(body)
        made = import_module(f"{self.name}.client")
        client = made.Client(self.url) if token is None else made.AuthenticatedClient(self.url, token)
        with client as opened:
            answer = function(*path, client=opened, **arguments)
        assert answer.status_code < 400, answer.parsed
        return answer.parsed

    def token(self, live_one: Live) -> str:
        body = {"email": "admin@example.com", "password": live_one.password, "client": "cli"}
        return str(self.ask("auth_post_login", model="Login", body=body).access_token)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Live]:
    with live(tmp_path) as made:
        yield made


@pytest.fixture
def generated(running: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generated:
    monkeypatch.syspath_prepend(str(tmp_path))
    return Generated(tmp_path, running.base)


def sent_by(generated: Generated, running: Live, token: str) -> Made:
    """The sender's half."""
    fields = {"recipients": [{"email": GUEST}], "hold_minutes": 0}
    body = announce(CONTENTS, **fields)
    created = generated.ask("transfers_post_transfers", token=token, model="CreateTransferBody", body=body)
    made = Made(created.to_dict(), CONTENTS, base64url.decode(created.transfer_key))
    bytes_of = streams(made)
    for upload in created.uploads:
        assert upload.size == len(bytes_of[upload.blob])
        answer = httpx.request(
            upload.method, upload.url, headers=upload.headers.to_dict(), content=bytes_of[upload.blob]
        )
        assert answer.status_code == 200
        assert answer.headers["etag"]
        held = import_module(f"{generated.name}.api.transfers.transfers_get_transfers_transfer_parts")
        client = import_module(f"{generated.name}.client").AuthenticatedClient(generated.url, token)
        with client as opened:
            parts = held.sync(made.id, client=opened, blob=upload.blob).parts
        assert [part.size for part in parts] == [upload.size]
    operation = "transfers_post_transfers_transfer_files_complete"
    named = generated.ask(operation, made.id, token=token, model="FilesDoneBody", body={"files": records(made)})
    assert {file.state for file in named.files} == {"stored"}
    operation = "transfers_post_transfers_transfer_complete"
    done = generated.ask(operation, made.id, token=token, model="CompleteTransferBody", body={})
    assert done.state in ("checking", "held", "ready")
    return made


def test_a_generated_client_sends_and_fetches(running: Live, generated: Generated) -> None:
    token = generated.token(running)
    made = sent_by(generated, running, token)

    link = mailed_link(running, GUEST).partition("#")[2]
    look = generated.ask("auth_post_links_look", model="LinkToken", body={"token": link})
    assert (look.kind, look.files, look.proof) == ("transfer", len(CONTENTS), "code")
    seen = len(mails_to(running, GUEST))
    asked = generated.ask("auth_post_links_challenge", model="AskChallenge", body={"token": link})
    body = {"token": link, "challenge": asked.challenge, "code": mailed_code(running, GUEST, after=seen)}
    guest = generated.ask("auth_post_links_verify", model="VerifyLinkBody", body=body)
    assert guest.subject == made.id

    operation = "transfers_post_transfers_transfer_downloads"
    taken = generated.ask(operation, made.id, token=guest.access_token, model="StartDownloadBody", body={})
    assert fetch(running, guest.access_token, made.id) == CONTENTS
    files = [file.id for file in taken.files]
    operation += "_session_complete"
    body = {"files": files}
    generated.ask(operation, made.id, taken.session, token=guest.access_token, model="DownloadedBody", body=body)

    shown = generated.ask("transfers_get_transfers_transfer", made.id, token=token)
    assert [(one.state, one.downloads) for one in shown.recipients] == [("downloaded", 1)]
    recalled = generated.ask("transfers_delete_transfers_transfer", made.id, token=token)
    assert (recalled.state, recalled.reason) == ("closed", "revoked")
