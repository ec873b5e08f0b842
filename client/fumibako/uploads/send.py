"""One upload from first call to completion: create, parts, records, complete; or the same taken up where it stopped."""

import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fumibako.errors import Gone, NotFound, UsageError
from fumibako.http import Api
from fumibako.messages import text
from fumibako.progress import Progress, Silent
from fumibako.uploads.blobs import Blob, PackBlob, PlainBlob, SealedBlob
from fumibako.uploads.journal import Journal, fingerprint, journal_path
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.part_sender import PartSender, PartUrls, Stored, jobs_of
from fumibako.uploads.sealing import SealedFile
from fumibako_format.base64url import decode, encode
from fumibako_format.digest import file_digest
from fumibako_format.keys import new_transfer_key
from fumibako_format.record import FileRecord, seal_record
from fumibako_format.slots import link_slot, passphrase_slot
from fumibako_format.streaming import Header

FILES_A_CALL = 500
RECORDS_A_CALL = 100


@dataclass(frozen=True)
class SendOptions:
    """What create takes beside the files (spec/api.md). ``passphrase`` never leaves this process."""

    fields: dict[str, Any]
    transfer_class: str = "managed"
    passphrase: str | None = None
    parallel: int = 4


@dataclass(frozen=True)
class Sent:
    """``link_key``: the base64url key that a sealed link ends in; None for other classes."""

    transfer: dict[str, Any]
    link_key: str | None
    resumed: bool
    sent_bytes: int


@dataclass
class _Upload:
    api: Api
    journal: Journal
    local: Sequence[LocalFile]
    options: SendOptions
    transfer_id: str = ""
    transfer_key: bytes = b""
    files: list[dict[str, Any]] = field(default_factory=list)
    urls: list[dict[str, Any]] = field(default_factory=list)
    sealed: dict[str, SealedFile] = field(default_factory=dict)


def send(api: Api, local: Sequence[LocalFile], options: SendOptions, *, progress: Progress | None = None) -> Sent:
    """Send files; an unfinished upload of the same command goes on. Raises ClientError; what was stored stays for the next try."""
    name = fingerprint(api.credentials.url, local, {**options.fields, "class": options.transfer_class})
    journal = Journal(journal_path(name))
    try:
        upload = _Upload(api, journal, local, options)
        earlier = _take_up(upload)
        if earlier is None:
            _create(upload)
        elif earlier["state"] != "uploading":
            # The answer to the last call was lost, not its effect.
            journal.finish()
            return Sent(earlier, (journal.slots or {}).get("link_key"), resumed=True, sent_bytes=0)
        return _run(upload, progress or Silent(), resumed=earlier is not None)
    except UsageError as error:
        if error.code in ("file_changed", "upload_over"):
            # The bytes promised under this header are gone: nothing of this upload may be used again.
            journal.finish()
        else:
            journal.close()
        raise
    except Gone:
        journal.finish()
        raise
    except BaseException:
        journal.close()
        raise


def _take_up(upload: _Upload) -> dict[str, Any] | None:
    """The transfer of an earlier run, or None. Raises UsageError("upload_over") when it is closed."""
    journal = upload.journal
    if not journal.created:
        return None
    upload.transfer_id = journal.created[0]["id"]
    try:
        transfer = upload.api.get(f"/transfers/v1/transfers/{upload.transfer_id}")
    except (NotFound, Gone):
        transfer = {"state": "closed"}
    if transfer["state"] in ("closed", "destroying", "destroyed"):
        raise UsageError("upload_over", text("upload_over"), text("upload_over_hint"))
    if transfer["state"] == "uploading":
        _learn(upload, journal.created)
        while len(upload.files) < len(upload.local):
            _add_files(upload)
        _require_same(upload)
    return transfer


def _require_same(upload: _Upload) -> None:
    """Every segment promised so far is read again and compared: size and time of change can be set back, bytes can't."""
    for file_id, promised in upload.journal.digests.items():
        file = upload.sealed[file_id]
        for index in sorted(promised):
            file.read(index, index + 1)
            if file.digests[index] != promised[index]:
                raise UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))


def _create(upload: _Upload) -> None:
    journal, options = upload.journal, upload.options
    if journal.start is None:
        key = new_transfer_key(os.urandom).hex() if options.transfer_class == "sealed" else None
        journal.write({"k": "start", "key": secrets.token_urlsafe(24), "transfer_key": key})
    start = journal.start or {}
    body = {**options.fields, "class": options.transfer_class, "files": _wanted(upload, 0)}
    if len(upload.local) > FILES_A_CALL:
        body["more_files"] = True
    answer = upload.api.post("/transfers/v1/transfers", body, key=start["key"])
    _note(upload, answer)
    while len(upload.files) < len(upload.local):
        _add_files(upload)


def _add_files(upload: _Upload) -> None:
    at = len(upload.files)
    body = {"files": _wanted(upload, at), "more_files": at + FILES_A_CALL < len(upload.local)}
    start = upload.journal.start or {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/files"
    _note(upload, upload.api.post(path, body, key=f"{start['key']}-{at}"))


def _wanted(upload: _Upload, at: int) -> list[dict[str, Any]]:
    wanted = []
    for local in upload.local[at : at + FILES_A_CALL]:
        one: dict[str, Any] = {"size": local.size}
        # The server of a sealed transfer learns neither name nor type: both stand in the record alone.
        shown = {"name": local.name, "media_type": local.media_type}
        wanted.append(one if upload.options.transfer_class == "sealed" else {**one, **shown})
    return wanted


def _note(upload: _Upload, answer: dict[str, Any]) -> None:
    kept = {name: answer[name] for name in ("id", "transfer_key", "files") if answer.get(name) is not None}
    headers = [
        {"k": "header", "file": one["id"], "header": Header.generate(os.urandom).to_bytes().hex()}
        for one in answer["files"]
    ]
    upload.journal.write({"k": "created", "answer": kept}, *headers)
    upload.urls += answer["uploads"]
    _learn(upload, [kept])


def _learn(upload: _Upload, answers: Sequence[dict[str, Any]]) -> None:
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
            if upload.options.transfer_class != "plain":
                header = Header.parse(upload.journal.headers[one["id"]])
                sealed = SealedFile(local, one["id"], upload.transfer_id, upload.transfer_key, header)
                upload.sealed[one["id"]] = sealed


def _blobs(upload: _Upload) -> dict[str, Blob]:
    blobs: dict[str, Blob] = {}
    packs: dict[str, list[dict[str, Any]]] = {}
    for one, local in zip(upload.files, upload.local, strict=True):
        if one["packed"]:
            packs.setdefault(one["blob"], []).append(one)
        elif upload.options.transfer_class == "plain":
            blobs[one["blob"]] = PlainBlob(one["blob"], local.size, one["part_size"], local)
        else:
            blobs[one["blob"]] = SealedBlob(one["blob"], one["length"], one["part_size"], upload.sealed[one["id"]])
    for blob, members in packs.items():
        size = max(one["offset"] + one["length"] for one in members)
        placed = [(one["offset"], upload.sealed[one["id"]]) for one in members]
        blobs[blob] = PackBlob(blob, size, members[0]["part_size"], placed)
    return blobs


class _Completer(Stored):
    """Tells the server of each blob that is whole, with the records of its files."""

    def __init__(self, upload: _Upload) -> None:
        self._upload = upload
        self._members: dict[str, list[dict[str, Any]]] = {}
        for one in upload.files:
            self._members.setdefault(one["blob"], []).append(one)
        self._lock = threading.Lock()

    def __call__(self, blob: Blob) -> None:
        self.complete(blob.id)

    def complete(self, blob_id: str) -> None:
        members = self._members[blob_id]
        for at in range(0, len(members), RECORDS_A_CALL):
            files = [self._entry(one) for one in members[at : at + RECORDS_A_CALL]]
            with self._lock:
                path = f"/transfers/v1/transfers/{self._upload.transfer_id}/files/complete"
                self._upload.api.post(path, {"files": files})

    def _entry(self, one: dict[str, Any]) -> dict[str, Any]:
        file = self._upload.sealed.get(one["id"])
        if file is None:
            return {"id": one["id"]}
        digests = {**self._upload.journal.digests.get(file.file_id, {}), **file.digests}
        digest = file_digest(digests[i] for i in range(file.segments))
        record = FileRecord(file.local.name, file.local.media_type, file.local.size, digest)
        sealed = seal_record(record, file_key=file.key, file_id=file.file_id, random=os.urandom)
        return {"id": one["id"], "record": encode(sealed)}


def _stored(upload: _Upload, blobs: dict[str, Blob]) -> dict[str, dict[int, int]]:
    """What the store holds of each blob that is not whole yet."""
    held = {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/parts"
    for blob in blobs:
        answer = upload.api.get(path, blob=blob)
        held[blob] = {part["part"]: part["size"] for part in answer["parts"]}
    return held


def _finished_files(upload: _Upload) -> set[str]:
    done: set[str] = set()
    cursor: str | None = None
    while True:
        page = upload.api.get(f"/transfers/v1/transfers/{upload.transfer_id}/files", cursor=cursor, limit=200)
        done |= {one["id"] for one in page["items"] if one["state"] == "stored"}
        cursor = page.get("next")
        if not cursor:
            return done


def _run(upload: _Upload, progress: Progress, *, resumed: bool) -> Sent:
    blobs = _blobs(upload)
    completer = _Completer(upload)
    done = _finished_files(upload) if resumed else set()
    members = {blob: [one["id"] for one in upload.files if one["blob"] == blob] for blob in blobs} if resumed else {}
    left = {key: blob for key, blob in blobs.items() if not (resumed and done.issuperset(members[key]))}
    jobs = jobs_of(left.values(), _stored(upload, left) if resumed else {})
    total = sum(blob.size for blob in blobs.values())
    sending = sum(job.end - job.start for job in jobs)
    progress.add(total - sending)
    # A blob whose parts are all in but which was never completed: the crash came between the two calls.
    for key in left.keys() - {job.blob.id for job in jobs}:
        completer.complete(key)
    urls = PartUrls(upload.api, upload.transfer_id, jobs, upload.urls)
    PartSender(upload.api, upload.journal, urls, progress, parallel=upload.options.parallel).run(jobs, completer)
    transfer, link_key = _complete(upload)
    upload.journal.finish()
    return Sent(transfer, link_key, resumed, sending)


def _complete(upload: _Upload) -> tuple[dict[str, Any], str | None]:
    if upload.journal.slots is None:
        # Durable before the call: an answer that is lost must not lose the only key of a sealed transfer.
        upload.journal.write({"k": "slots", **_ways_in(upload)})
    ways = upload.journal.slots or {}
    body = {name: ways[name] for name in ("slots", "passphrase_auth") if ways.get(name)}
    answer = upload.api.post(f"/transfers/v1/transfers/{upload.transfer_id}/complete", body)
    return answer, ways.get("link_key")


def _ways_in(upload: _Upload) -> dict[str, Any]:
    """The slots of a transfer: a passphrase where one was chosen, else the key in the link of a sealed one."""
    if upload.options.passphrase is not None:
        slot, auth = passphrase_slot(upload.transfer_key, upload.transfer_id, upload.options.passphrase, os.urandom)
        return {"slots": [slot], "passphrase_auth": encode(auth)}
    if upload.options.transfer_class == "sealed":
        slot, key = link_slot(upload.transfer_key, upload.transfer_id, os.urandom)
        return {"slots": [slot], "link_key": encode(key)}
    return {}


__all__ = ["SendOptions", "Sent", "send"]
