"""A transfer for tests of the rules."""

from typing import Any

from chalicelib.domain.ids import TenantId
from chalicelib.domain.transfer import State, Transfer, TransferClass


def transfer(**fields: Any) -> Transfer:
    usual: dict[str, Any] = {
        "id": "tr_01kdv0000000000000000000a1",
        "tenant": TenantId("acme"),
        "version": 1,
        "state": State.UPLOADING,
        "transfer_class": TransferClass.MANAGED,
        "owner": "mb_owner",
        "sender_name": "Hanako",
        "sender_address": "hanako@acme.example",
        "company": "ACME",
        "created_at": 0,
        "expires_at": 1_000,
        "proof": "code",
        "language": "ja",
    }
    return Transfer(**{**usual, **fields})
