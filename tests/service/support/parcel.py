"""Files on their way, as any client of spec/ would send and open them: sealed with fumibako_format, moved by signed URLs."""

import io
import os
from dataclasses import dataclass
from typing import Any

from fumibako_format import base64url
from fumibako_format.keys import associated_data, file_key
from fumibako_format.record import FileRecord, open_record, seal_record
from fumibako_format.streaming import Header, open_stream, seal_stream
from tests.service.support.caller import Answer, Caller

TRANSFERS = "/transfers/v1/transfers"
Contents = dict[str, bytes]


@dataclass(frozen=True)
class Made:
    """A created transfer: the answer, its contents in the order of its files, and the transfer key (None for plain)."""

    answer: dict[str, Any]
    contents: Contents
    key: bytes | None

    @property
    def id(self) -> str:
        return str(self.answer["id"])

    @property
    def path(self) -> str:
        return f"{TRANSFERS}/{self.id}"

    @property
    def named(self) -> list[tuple[dict[str, Any], str, bytes]]:
        """File, name and content, in order."""
        return [(file, *one) for file, one in zip(self.answer["files"], self.contents.items(), strict=True)]


def announce(contents: Contents, **fields: Any) -> dict[str, Any]:
    """The body of create."""
    sealed = fields.get("class") == "sealed"
    files = [
        {"size": len(content)} if sealed else {"name": name, "size": len(content), "media_type": "text/plain"}
        for name, content in contents.items()
    ]
    return {"files": files, **fields}


def create(caller: Caller, token: str, contents: Contents, *, key: bytes | None = None, **fields: Any) -> Made:
    """A new transfer; ``key`` is the sender's own of a sealed one."""
    answer = caller.call("POST", TRANSFERS, announce(contents, **fields), token=token)
    assert answer.status == 201, answer.body
    given = answer.body.get("transfer_key")
    return Made(answer.body, contents, base64url.decode(given) if given else key)


def streams(made: Made) -> dict[str, bytes]:
    """The bytes of every blob, as they lie in the store."""
    placed: dict[str, dict[int, bytes]] = {}
    for file, _, content in made.named:
        placed.setdefault(file["blob"], {})[file["offset"]] = _stream(made, file, content)
    return {blob: b"".join(pieces[at] for at in sorted(pieces)) for blob, pieces in placed.items()}


def records(made: Made) -> list[dict[str, Any]]:
    """What files/complete is told."""
    if made.key is None:
        return [{"id": file["id"]} for file, _, _ in made.named]
    return [
        {"id": file["id"], "record": _record(made, file["id"], name, content)} for file, name, content in made.named
    ]


def put_parts(caller: Caller, made: Made) -> list[Answer]:
    """PUT every part that create signed."""
    whole = streams(made)
    sent: dict[str, int] = {}
    answers = []
    for url in sorted(made.answer["uploads"], key=lambda one: (one["blob"], one["part"])):
        at = sent.get(url["blob"], 0)
        answers.append(caller.signed(url, whole[url["blob"]][at : at + url["size"]]))
        sent[url["blob"]] = at + url["size"]
    return answers


def store(caller: Caller, token: str, made: Made) -> None:
    """Every part and record."""
    assert {one.status for one in put_parts(caller, made)} <= {200}
    named = caller.call("POST", f"{made.path}/files/complete", {"files": records(made)}, token=token)
    assert named.status == 200, named.body


def send(caller: Caller, token: str, contents: Contents, *, completion: Any = None, **fields: Any) -> Made:
    """A transfer handed over for checking."""
    made = create(caller, token, contents, **fields)
    store(caller, token, made)
    done = caller.call("POST", f"{made.path}/complete", completion or {}, token=token)
    assert done.status == 202, done.body
    return made


def fetch(caller: Caller, token: str, transfer: str, *, key: bytes | None = None) -> Contents:
    """Every file of a transfer, opened. ``key`` is a sealed transfer's."""
    answer = caller.call("POST", f"{TRANSFERS}/{transfer}/downloads", {}, token=token)
    assert answer.status == 201, answer.body
    found = {}
    for file in answer.body["files"]:
        raw = ranged(caller, file)
        own = base64url.decode(file["key"]) if file.get("key") else key and file_key(key, file["id"])
        if not own:
            found[file["name"]] = raw
            continue
        record = open_record(base64url.decode(file["record"]), file_key=own, file_id=file["id"])
        plain = io.BytesIO()
        aad = associated_data(transfer, file["id"])
        open_stream(io.BytesIO(raw).read, plain.write, key=own, aad=aad, ciphertext_size=len(raw))
        found[record.name] = plain.getvalue()
    return found


def ranged(caller: Caller, file: dict[str, Any]) -> bytes:
    """The bytes of one file of a download answer."""
    if not file["length"]:
        return b""
    end = file["offset"] + file["length"] - 1
    answer = caller.signed(file, headers={"range": f"bytes={file['offset']}-{end}"})
    assert answer.status == 206, answer.raw
    return answer.raw


def _stream(made: Made, file: dict[str, Any], content: bytes) -> bytes:
    if made.key is None:
        return content
    sealed = io.BytesIO()
    own = file_key(made.key, file["id"])
    aad = associated_data(made.id, file["id"])
    seal_stream(io.BytesIO(content).read, sealed.write, key=own, aad=aad, header=Header.generate(os.urandom))
    return sealed.getvalue()


def _record(made: Made, file: str, name: str, content: bytes) -> str:
    assert made.key is not None
    record = FileRecord(name, "text/plain", len(content), None)
    sealed = seal_record(record, file_key=file_key(made.key, file), file_id=file, random=os.urandom)
    return base64url.encode(sealed)
