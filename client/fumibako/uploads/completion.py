"""Telling the server that blobs, and in the end the whole upload, are there: records, checksums, key slots."""

import os
from typing import Any

from fumibako.credentials import keep_link_key
from fumibako.uploads.blobs import Blob, PlainBlob
from fumibako.uploads.part_sender import Stored
from fumibako.uploads.sealing import SealedFile
from fumibako.uploads.upload import Member, Upload
from fumibako_format.base64url import encode
from fumibako_format.digest import file_digest
from fumibako_format.record import FileRecord, seal_record
from fumibako_format.slots import link_slot, passphrase_slot

RECORDS_A_CALL = 500
# A plain file has no sealed record; its whole SHA-256 travels as its checksum.
SHA256_CHECKSUM = "sha256:"


class Completer(Stored):
    """Tells the server of each blob that is whole, with the records of its files."""

    def __init__(self, upload: Upload) -> None:
        self._upload = upload

    async def __call__(self, blob: Blob) -> None:
        await self.complete(blob.id)

    async def complete(self, blob_id: str) -> None:
        """Name the files of a blob whose parts are all in."""
        members = self._upload.members[blob_id]
        path = f"/transfers/v1/transfers/{self._upload.transfer_id}/files/complete"
        for at in range(0, len(members), RECORDS_A_CALL):
            files = [await self._entry(one) for one in members[at : at + RECORDS_A_CALL]]
            async with self._upload.writing:
                await self._upload.account.post(path, {"files": files})

    async def _entry(self, member: Member) -> dict[str, Any]:
        one, local = member
        file = self._upload.sealed.get(one["id"])
        if file is not None:
            return {"id": one["id"], "record": sealed_record(self._upload, file, local.size)}
        blob = PlainBlob(one["blob"], local.size, one["part_size"], local)
        try:
            whole = await blob.digest(0, local.size, self._upload.account.line)
        finally:
            blob.release()
        return {"id": one["id"], "checksum": f"{SHA256_CHECKSUM}{whole.hex()}"}


def sealed_record(upload: Upload, file: SealedFile, size: int) -> str:
    """Name, type, size and digest of a file whose every segment was promised, sealed; base64url."""
    digest = file_digest(upload.journal.digests(file.file_id))
    record = FileRecord(file.local.name, file.local.media_type, size, digest)
    return encode(seal_record(record, file_key=file.key, file_id=file.file_id, random=os.urandom))


async def complete(upload: Upload) -> tuple[dict[str, Any], str | None]:
    """The last call: the transfer, and the link key of a sealed one."""
    if upload.journal.slots is None:
        # Durable before the call: an answer that is lost must not lose the only key of a sealed transfer.
        upload.journal.write({"k": "slots", **_ways_in(upload)})
    ways = upload.journal.slots or {}
    if ways.get("link_key"):
        keep_link_key(upload.transfer_id, ways["link_key"])
    body = {name: ways[name] for name in ("slots", "passphrase_auth") if ways.get(name)}
    answer = await upload.account.post(f"/transfers/v1/transfers/{upload.transfer_id}/complete", body)
    return answer, ways.get("link_key")


def _ways_in(upload: Upload) -> dict[str, Any]:
    """The slots of a transfer: a passphrase where one was chosen, else the key in the link of a sealed one."""
    if upload.options.passphrase is not None:
        slot, auth = passphrase_slot(upload.transfer_key, upload.transfer_id, upload.options.passphrase, os.urandom)
        return {"slots": [slot], "passphrase_auth": encode(auth)}
    if upload.options.transfer_class == "sealed":
        slot, key = link_slot(upload.transfer_key, upload.transfer_id, os.urandom)
        return {"slots": [slot], "link_key": encode(key)}
    return {}
