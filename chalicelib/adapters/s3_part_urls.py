"""Part addresses of one upload, many at once: the same bytes that ``sigv4.presign`` makes, with the unchanging text made once.

A transfer of 24 TiB asks for 5,000 addresses and a page for 256 at a time. Only the part's number and its length differ, so what is
left for each is one SHA-256, one HMAC and two f-strings.
"""

import hmac
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import quote

from chalicelib.adapters.sigv4 import SigningMoment


def part_presigner(moment: SigningMoment, origin: str, path: str, upload: str) -> Callable[[int, int], str]:
    """A function from part number and size in bytes to the address. ``origin`` is scheme and host, ``path`` is encoded."""
    host = origin.partition("://")[2]
    upload_id = quote(upload, safe="-_.~")
    auth, ordered = moment.parameters("content-length;host")
    head = f"PUT\n{path}\n{ordered}&partNumber="
    tail = f"\nhost:{host}\n\ncontent-length;host\nUNSIGNED-PAYLOAD"
    text, key = moment.text_head, moment.key
    address, rest = f"{origin}{path}?partNumber=", f"&uploadId={upload_id}&{auth}&X-Amz-Signature="

    def sign(number: int, size: int) -> str:
        canonical = f"{head}{number}&uploadId={upload_id}\ncontent-length:{size}{tail}"
        digest = sha256(canonical.encode()).hexdigest()
        return f"{address}{number}{rest}{hmac.digest(key, f'{text}{digest}'.encode(), 'sha256').hex()}"

    return sign
