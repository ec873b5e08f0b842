"""Seals of one tenant's requests are that tenant's; the rest is shared."""

import pytest

from chalicelib.adapters.tenant_key_store import TenantKeyStore
from chalicelib.domain.errors import NotFound
from tests.fakes.key_store import FakeKeyStore

WHERE = {"purpose": "name", "context": "c"}


def test_it_seals_and_opens_for_its_tenant_alone() -> None:
    own, shared = FakeKeyStore(), FakeKeyStore()
    keys = TenantKeyStore("acme", own=own, shared=shared)
    sealed = keys.seal(b"x", tenant="acme", **WHERE)
    assert keys.open(sealed, tenant="acme", **WHERE) == b"x"
    assert own.open(sealed, tenant="acme", **WHERE) == b"x"
    foreign = own.seal(b"y", tenant="rival", **WHERE)
    with pytest.raises(NotFound):
        keys.open(foreign, tenant="rival", **WHERE)
    with pytest.raises(NotFound):
        keys.seal(b"y", tenant="rival", **WHERE)


def test_hashes_and_signatures_are_those_of_the_install() -> None:
    shared = FakeKeyStore()
    keys = TenantKeyStore("acme", own=FakeKeyStore(), shared=shared)
    assert keys.mac(b"x", purpose="p") == shared.mac(b"x", purpose="p")
    assert keys.public_keys(use="proof") == shared.public_keys(use="proof")
    assert keys.sign(b"x", use="proof")[0] == shared.sign(b"x", use="proof")[0]
