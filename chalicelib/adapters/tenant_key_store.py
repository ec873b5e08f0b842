"""A key store for the requests of one tenant: it seals and opens under that tenant's own credentials, and for no other.

Keyed hashes and signatures carry no tenant in KMS, so they stay with the store of the process, which also keeps its public keys.
"""

from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.ports.key_store import KeyStore, Use


class TenantKeyStore:
    """``own`` has the tenant's credentials, ``shared`` those of the process."""

    def __init__(self, tenant: str, *, own: KeyStore, shared: KeyStore) -> None:
        self._tenant = tenant
        self._own = own
        self._shared = shared

    def seal(self, plaintext: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        """Raises NotFound for another tenant, before AWS would."""
        self._require(tenant)
        return self._own.seal(plaintext, tenant=tenant, purpose=purpose, context=context)

    def open(self, sealed: bytes, *, tenant: str, purpose: str, context: str) -> bytes:
        """Raises NotFound for another tenant, before AWS would."""
        self._require(tenant)
        return self._own.open(sealed, tenant=tenant, purpose=purpose, context=context)

    def mac(self, data: bytes, *, purpose: str) -> bytes:
        return self._shared.mac(data, purpose=purpose)

    def sign(self, data: bytes, *, use: Use) -> tuple[str, bytes]:
        return self._shared.sign(data, use=use)

    def public_keys(self, *, use: Use) -> list[dict[str, Any]]:
        return self._shared.public_keys(use=use)

    def _require(self, tenant: str) -> None:
        if tenant != self._tenant:
            raise NotFound
