"""One upload from first call to completion: create, parts, records, complete; or the same taken up where it stopped."""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fumibako.errors import Gone, NotFound, UsageError
from fumibako.http import Api
from fumibako.messages import text
from fumibako.progress import Progress, Silent
from fumibako.uploads.blobs import Blob, PlainBlob, part_ranges
from fumibako.uploads.completion import Completer, complete
from fumibako.uploads.journal import Journal, fingerprint, journal_path
from fumibako.uploads.local_files import LocalFile
from fumibako.uploads.part_sender import PartSender, PartUrls, jobs_of
from fumibako.uploads.sealing import SealedFile
from fumibako.uploads.upload import SendOptions, Upload, blobs_of
from fumibako_format.base64url import decode
from fumibako_format.keys import new_transfer_key
from fumibako_format.streaming import Header

FILES_A_CALL = 500


@dataclass(frozen=True)
class Sent:
    """``link_key``: the base64url key that a sealed link ends in; None for other classes."""

    transfer: dict[str, Any]
    link_key: str | None
    resumed: bool
    sent_bytes: int


def send(api: Api, local: Sequence[LocalFile], options: SendOptions, *, progress: Progress | None = None) -> Sent:
    """Send files; an unfinished upload of the same command goes on. Raises ClientError; what was stored stays for the next try."""
    name = fingerprint(api.credentials.url, local, {**options.fields, "class": options.transfer_class})
    journal = Journal(journal_path(name))
    try:
        upload = Upload(api, journal, local, options)
        earlier = _take_up(upload)
        if earlier is None:
            _create(upload)
        elif earlier["state"] != "uploading":
            # The answer to the last call was lost, not its effect.
            link_key = (journal.slots or {}).get("link_key")
            journal.finish()
            return Sent(earlier, link_key, resumed=True, sent_bytes=0)
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


def _take_up(upload: Upload) -> dict[str, Any] | None:
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


def _require_same(upload: Upload) -> None:
    """Every segment promised so far is read again and compared: size and time of change can be set back, bytes can't."""
    plain = {key: blob for key, blob in blobs_of(upload).items() if isinstance(blob, PlainBlob)}
    for blob in plain.values():
        promised = upload.journal.digests.get(blob.id, {})
        for number, start, end in part_ranges(blob):
            if number - 1 in promised and blob.digest(start, end) != promised[number - 1]:
                raise UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))
    for file_id, promised in upload.journal.digests.items():
        if file_id in plain:
            continue
        file = upload.sealed[file_id]
        for index in sorted(promised):
            file.read(index, index + 1)
            if file.digests[index] != promised[index]:
                raise UsageError("file_changed", text("file_changed_resume"), text("file_changed_hint"))


def _create(upload: Upload) -> None:
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


def _add_files(upload: Upload) -> None:
    at = len(upload.files)
    body = {"files": _wanted(upload, at), "more_files": at + FILES_A_CALL < len(upload.local)}
    start = upload.journal.start or {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/files"
    _note(upload, upload.api.post(path, body, key=f"{start['key']}-{at}"))


def _wanted(upload: Upload, at: int) -> list[dict[str, Any]]:
    wanted = []
    for local in upload.local[at : at + FILES_A_CALL]:
        one: dict[str, Any] = {"size": local.size}
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
    _learn(upload, [kept])


def _learn(upload: Upload, answers: Sequence[dict[str, Any]]) -> None:
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


def _stored(upload: Upload, blobs: dict[str, Blob]) -> dict[str, dict[int, int]]:
    """What the store holds of each blob that is not whole yet."""
    held = {}
    path = f"/transfers/v1/transfers/{upload.transfer_id}/parts"
    for blob in blobs:
        answer = upload.api.get(path, blob=blob)
        held[blob] = {part["part"]: part["size"] for part in answer["parts"]}
    return held


def _finished_files(upload: Upload) -> set[str]:
    done: set[str] = set()
    cursor: str | None = None
    while True:
        page = upload.api.get(f"/transfers/v1/transfers/{upload.transfer_id}/files", cursor=cursor, limit=200)
        done |= {one["id"] for one in page["items"] if one["state"] == "stored"}
        cursor = page.get("next")
        if not cursor:
            return done


def _run(upload: Upload, progress: Progress, *, resumed: bool) -> Sent:
    blobs = blobs_of(upload)
    completer = Completer(upload)
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
    transfer, link_key = complete(upload)
    upload.journal.finish()
    return Sent(transfer, link_key, resumed, sending)


__all__ = ["SendOptions", "Sent", "send"]
