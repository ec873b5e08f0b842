"""Creating the transfer at the server: files in batches, headers drawn and kept before anything is sealed."""

import os
import secrets
from collections.abc import Sequence
from typing import Any

from fumibako.uploads.sealing import SealedFile
from fumibako.uploads.upload import Upload
from fumibako_format.base64url import decode
from fumibako_format.keys import new_transfer_key
from fumibako_format.parts import LARGE_FROM, MAX_PARTS, SMALL_PART
from fumibako_format.streaming import Header, ciphertext_size

FILES_A_CALL = 500


async def create(upload: Upload) -> None:
    """Make the transfer with its first files, or get the answer of an earlier try again. Raises ClientError."""
    journal, options = upload.journal, upload.options
    if journal.start is None:
        key = new_transfer_key(os.urandom).hex() if options.transfer_class == "sealed" else None
        journal.write({"k": "start", "key": options.key or secrets.token_urlsafe(24), "transfer_key": key})
    start = journal.start or {}
    body = {**options.fields, "class": options.transfer_class, "files": _wanted(upload, 0)}
    if len(upload.local) > FILES_A_CALL:
        body["more_files"] = True
    _note(upload, await upload.account.post("/transfers/v1/transfers", body, key=start["key"]))


async def add_files(upload: Upload) -> None:
    """The next batch of files."""
    at = len(upload.files)
    body = {"files": _wanted(upload, at), "more_files": at + FILES_A_CALL < len(upload.local)}
    start = upload.journal.start or {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/files"
    async with upload.writing:
        answer = await upload.account.post(path, body, key=f"{start['key']}-{at}")
    _note(upload, answer)


def _wanted(upload: Upload, at: int) -> list[dict[str, Any]]:
    wanted = []
    for local in upload.local[at : at + FILES_A_CALL]:
        one: dict[str, Any] = {"size": None if upload.unknown_size else local.size}
        # Small parts: what is in flight is what a crash sends again, and what memory holds.
        if LARGE_FROM < ciphertext_size(local.size) <= SMALL_PART * MAX_PARTS:
            one["part_size"] = SMALL_PART
        # The server of a sealed transfer learns neither name nor type: both stand in the record alone.
        shown = {"name": local.name, "media_type": local.media_type}
        wanted.append(one if upload.options.transfer_class == "sealed" else {**one, **shown})
    return wanted


def _note(upload: Upload, answer: dict[str, Any]) -> None:
    kept = {name: answer[name] for name in ("id", "transfer_key", "files") if answer.get(name) is not None}
    headers = [
        {"k": "header", "file": one["id"], "header": Header.generate(os.urandom).to_bytes().hex()}
        for one in answer["files"]
    ]
    upload.journal.write({"k": "created", "answer": kept}, *headers)
    upload.urls += answer["uploads"]
    learn(upload, [kept])


def learn(upload: Upload, answers: Sequence[dict[str, Any]]) -> None:
    """Take in what the server answered to create, now or in an earlier run."""
    start = upload.journal.start or {}
    for answer in answers:
        upload.transfer_id = answer.get("id") or upload.transfer_id
        if answer.get("transfer_key"):
            upload.transfer_key = decode(answer["transfer_key"])
        elif start.get("transfer_key"):
            upload.transfer_key = bytes.fromhex(start["transfer_key"])
        for one in answer["files"]:
            local = upload.local[len(upload.files)]
            upload.files.append(one)
            upload.members.setdefault(one["blob"], []).append((one, local))
            if upload.options.transfer_class != "plain":
                header = Header.parse(upload.journal.headers[one["id"]])
                sealed = SealedFile(local, one["id"], upload.transfer_id, upload.transfer_key, header)
                upload.sealed[one["id"]] = sealed
