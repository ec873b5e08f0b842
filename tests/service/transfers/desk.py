"""The transfers service over fakes beside the auth service, called as the runtime's gateway calls them."""

import json
from dataclasses import dataclass, field
from typing import Any

from fumibako_format import base64url
from fumibako_format.keys import associated_data, file_key
from fumibako_format.record import FileRecord, seal_record
from onprem.runtime.gateway import Gateway
from onprem.runtime.proxy_event import HTTPRequest
from tests.service.auth.office import HOST, Answer, Office, service_app
from tests.unit.use_cases.sending import seal_bytes


@dataclass
class Desk:
    """``call`` speaks to transfers with the first admin's token unless another is given."""

    office: Office = field(default_factory=Office)
    gateway: Gateway = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.gateway = Gateway(service_app("transfers", self.office.ctx), "/transfers")
        self.office.ctx.blobs.now = self.office.ctx.clock.now_ms
        self.token = self.office.token()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Answer:
        path, _, query = path.partition("?")
        sent = {"host": HOST, "authorization": f"Bearer {token or self.token}", **(headers or {})}
        if body is not None or raw is not None:
            sent["content-type"] = "application/json"
        raw = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        request = HTTPRequest(
            method, "/transfers", path, query, tuple(sent.items()), raw, "203.0.113.7", "request-0001"
        )
        answer = self.gateway.handle(request)
        text = answer.body.decode()
        return Answer(answer.status, {n.lower(): v for n, v in answer.headers}, json.loads(text) if text else None)

    def create(self, contents: dict[str, bytes], **fields: Any) -> Answer:
        files = [{"name": name, "size": len(content), "media_type": "text/plain"} for name, content in contents.items()]
        body = {"files": files, "recipients": [{"email": "soto@example.com"}], **fields}
        return self.call("POST", "/v1/transfers", body)

    def send_files(self, made: dict[str, Any], contents: dict[str, bytes], *, token: str | None = None) -> Answer:
        """PUT what create planned and name the files, as the CLI does. All files are small ones of one pack."""
        key = base64url.decode(made["transfer_key"])
        done, streams = [], {}
        for entry in made["files"]:
            own = file_key(key, entry["id"])
            content = contents[entry["name"]]
            streams[entry["offset"]] = seal_bytes(
                content, own, associated_data(made["id"], entry["id"]), self.office.ctx
            )
            record = FileRecord(entry["name"], "text/plain", len(content), None)
            sealed = seal_record(record, file_key=own, file_id=entry["id"], random=self.office.ctx.ids.random)
            done.append({"id": entry["id"], "record": base64url.encode(sealed)})
        (upload,) = made["uploads"]
        self.office.ctx.blobs.put(upload["url"], b"".join(stream for _, stream in sorted(streams.items())))
        return self.call("POST", f"/v1/transfers/{made['id']}/files/complete", {"files": done}, token=token)
