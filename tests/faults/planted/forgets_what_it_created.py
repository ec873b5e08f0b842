"""An API that does not know a repeated creation by its Idempotency-Key: an answer that was lost makes a second transfer."""

import secrets
import sys

from chalicelib.ports.record_store import Key
from chalicelib.stores import idempotency_store
from onprem.runtime.__main__ import main

_once_key = idempotency_store.once_key


def never_the_same(once: idempotency_store.Once) -> Key:
    key = _once_key(once)
    return Key(key.pk, key.sk + secrets.token_hex(8))


if __name__ == "__main__":
    idempotency_store.once_key = never_the_same
    sys.exit(main())
