"""One PUT of one part, as ``chalicelib.ports.byte_path.PartSink`` has it.

Timeline of a commit beside a complete; the lock is flock(2) on the transfer::

    PUT                                complete
    write bytes, fdatasync (no lock)
    lock shared
    no manifest? -> rename p.N
    fsync directory                    waits
    unlock; acknowledge
                                       lock exclusive; list; write manifest; unlock
    (later) lock shared
    manifest there -> upload_closed

The slow part, writing and syncing the bytes, holds no lock. The acknowledged part is in the listing that complete makes, or the
PUT is refused; there is no third way.
"""

from collections.abc import Callable

from chalicelib.adapters.filesystem_errors import exists, translated
from chalicelib.adapters.filesystem_layout import MANIFEST, FilesystemLayout, part_name
from chalicelib.adapters.filesystem_lock import transfer_lock
from chalicelib.adapters.filesystem_part import PartFile
from chalicelib.domain.errors import Refused
from chalicelib.ports.byte_path import ByteGrant


class FilesystemPartSink:
    """Write chunks of any size, then ``commit`` or ``abort``. Not for several threads at once."""

    def __init__(self, layout: FilesystemLayout, grant: ByteGrant, random: Callable[[int], bytes]) -> None:
        if grant.method != "PUT" or grant.number is None or grant.size is None:
            raise Refused("url_invalid", "This address is not for writing.")
        self._expected = grant.size
        self._name = part_name(grant.number)
        self._nonce = random(8)
        self._lock = layout.lock(grant.ref.tenant, grant.ref.transfer)
        self._manifest = f"{layout.blob(grant.ref)}/{MANIFEST}"
        with translated(), transfer_lock(self._lock, exclusive=False):
            self._refuse_when_complete()
            self._part = PartFile(layout.blob(grant.ref), self._nonce.hex())

    def write(self, chunk: bytes | memoryview) -> None:
        """Take the next bytes; more than the signed size raises Refused("length_wrong") at once."""
        with translated():
            try:
                self._part.write(chunk)
                if self._part.size > self._expected:
                    raise self._length_wrong()
            except BaseException:
                self._part.close()
                raise

    def commit(self) -> str:
        """Durable and visible when it returns: data synced, renamed, directory synced. Gives the etag."""
        with translated():
            try:
                if self._part.size != self._expected:
                    raise self._length_wrong()
                etag = self._part.seal(self._nonce)
                with transfer_lock(self._lock, exclusive=False):
                    self._refuse_when_complete()
                    self._part.publish(self._name)
            finally:
                self._part.close()
        return etag

    def abort(self) -> None:
        """Leave nothing; harmless after a commit or a second time."""
        with translated():
            self._part.close()

    def __del__(self) -> None:
        part = getattr(self, "_part", None)
        if part is not None:
            part.close()

    def _refuse_when_complete(self) -> None:
        if exists(self._manifest):
            raise Refused("upload_closed", "The upload is complete; no part is taken any more.")

    def _length_wrong(self) -> Refused:
        return Refused("length_wrong", f"The address is for exactly {self._expected} bytes.")
