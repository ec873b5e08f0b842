"""The judge: what must be true after a kill. Each rule raises AssertionError and says what was lost or left.

It goes by what the client was told (acknowledged.py), by the server's own answers, and by the files on the disk, where no code of the
product stands between.
"""

import hashlib
import mmap
import os
from collections import Counter
from pathlib import Path
from typing import Any

from fumibako.errors import ClientError
from fumibako.http import Api

from fumibako_format.proofs import verify_certificate
from tests.e2e.support.install import Install
from tests.e2e.support.waiting import wait_for
from tests.faults.acknowledged import Acknowledged, Part

# Behind the bytes of a part stands its footer (spec of filesystem_part.py).
_FOOTER = 24
_TRANSFERS = "/transfers/v1/transfers"


def require_parts_on_disk(blobs: Path, acks: Acknowledged, transfer: str) -> None:
    """Every part that was acknowledged is there with the bytes that were sent. ``blobs`` is the folder of the store."""
    for part in acks.of(transfer):
        path = blobs / "acme" / transfer / part.blob / f"p.{part.number:06d}"
        assert path.exists(), f"lost: part {part.number} of {transfer} was acknowledged and is not there"
        stored = path.read_bytes()[:-_FOOTER]
        assert hashlib.sha256(stored).hexdigest() == part.sha256, f"other bytes in part {part.number} of {transfer}"


def require_parts_listed(api: Api, acks: Acknowledged, transfer: str) -> None:
    """The server, started again, lists what it acknowledged; what was completed needs no list."""
    if api.get(f"{_TRANSFERS}/{transfer}")["state"] != "uploading":
        return
    files = api.get(f"{_TRANSFERS}/{transfer}/files", limit=200)["items"]
    open_blobs = {one["blob"] for one in files if one["state"] != "stored"}
    by_blob: dict[str, list[Part]] = {}
    for part in acks.of(transfer):
        if part.blob in open_blobs:
            by_blob.setdefault(part.blob, []).append(part)
    for blob, parts in by_blob.items():
        listed = {one["part"]: one for one in api.get(f"{_TRANSFERS}/{transfer}/parts", blob=blob)["parts"]}
        for part in parts:
            found = listed.get(part.number)
            assert found, f"lost: part {part.number} of {transfer} was acknowledged and is not listed"
            # The store tells no etag of what it has joined.
            etag = found["etag"].strip('"').rpartition("-")[0] or part.content
            assert (found["size"], etag) == (part.size, part.content), (
                f"other bytes in part {part.number} of {transfer}"
            )


def require_completed(api: Api, acks: Acknowledged, transfer: str) -> None:
    """A completion that was acknowledged is not taken back."""
    state = api.get(f"{_TRANSFERS}/{transfer}")["state"]
    assert transfer not in acks.completed or state != "uploading", f"lost: the completion of {transfer}"


def require_one_transfer(api: Api, title: str) -> dict[str, Any]:
    """However often a command was killed and given again, it made one transfer."""
    # The newest stand first, and no test has more under way at once.
    found = [one for one in api.get(_TRANSFERS, box="sent", limit=50)["items"] if one.get("title") == title]
    assert len(found) == 1, f"{len(found)} transfers were made by one command"
    one: dict[str, Any] = found[0]
    return one


def all_sent(api: Api) -> list[dict[str, Any]]:
    """Every transfer of the sender, by all pages."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = api.get(_TRANSFERS, box="sent", limit=200, cursor=cursor)
        found += page["items"]
        cursor = page.get("next")
        if not cursor:
            return found


def wait_for_state(api: Api, transfer: str, wanted: tuple[str, ...], *, seconds: float) -> dict[str, Any]:
    """The transfer once it is in one of the states."""

    def reached() -> dict[str, Any] | None:
        head = api.get(f"{_TRANSFERS}/{transfer}")
        return head if head["state"] in wanted else None

    return wait_for(reached, f"{transfer} becomes {' or '.join(wanted)}", seconds=seconds, pause=0.1)


def require_mailed(install: Install, address: str, *, seconds: float) -> None:
    """The invitation arrived: one mail, where twice the same Message-ID counts as one (docs of send_mails.py)."""
    invited = wait_for(
        lambda: [one for one in install.letters(address) if one.link],
        f"a mail with a link to {address}",
        seconds=seconds,
    )
    assert len({one.id for one in invited}) == 1, f"{Counter(one.id for one in invited)} mails to one address"


def require_not_told(install: Install, api: Api, transfer: str, address: str) -> None:
    """Nobody outside is told of a transfer that is still uploading. The mails are read first: it may go on meanwhile."""
    told = install.letters(address)
    state = api.get(f"{_TRANSFERS}/{transfer}")["state"]
    assert state != "uploading" or not told, f"{address} was mailed about {transfer}, which is still uploading"


def require_certificate(install: Install, api: Api, transfer: str, reason: str, *, seconds: float) -> None:
    """The signed proof of the end is there and holds against the root that was noted at the start."""

    def asked() -> dict[str, Any] | None:
        try:
            return api.get(f"{_TRANSFERS}/{transfer}/certificate")
        except ClientError as error:
            if error.code != "not_yet_destroyed":
                raise
            return None

    document = wait_for(asked, f"the certificate of {transfer}", seconds=seconds, pause=0.2)
    verified = verify_certificate(document, root_fingerprint=install.first["root_fingerprint"])
    assert (verified.statement["transfer"], verified.statement["reason"]) == (transfer, reason)


def require_nothing_left(data: Path, acks: Acknowledged, *transfers: str) -> None:
    """No directory of them, and none of their ciphertext in any file: databases, logs and mails included. One look for all of them."""
    pieces = [part.piece for transfer in transfers for part in acks.of(transfer) if len(part.piece) >= 32]
    # os.walk bears that other transfers' folders vanish meanwhile.
    for folder, folders, files in os.walk(data):
        left = set(transfers).intersection(folders)
        assert not left, f"left: the folder of {sorted(left)}"
        for name in files:
            assert not _holds(Path(folder, name), pieces), f"left: bytes of {' or '.join(transfers)} in {name}"


def _holds(path: Path, pieces: list[bytes]) -> bool:
    try:
        if path.stat().st_size == 0:
            return False
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return any(view.find(piece) >= 0 for piece in pieces)
    except FileNotFoundError:
        return False
