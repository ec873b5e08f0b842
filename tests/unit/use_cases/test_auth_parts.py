import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.errors import NotFound, Refused, StoreAway
from chalicelib.domain.link import Link
from chalicelib.domain.session import HOUR, Client
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer_states import TransferClass
from chalicelib.stores.account_store import find_member, get_admins
from chalicelib.stores.link_store import delete_link, get_link, link_url, new_link, token_hash
from chalicelib.stores.session_store import get_session
from chalicelib.stores.tenant_store import get_tenant, host_of, put_ops, tenant_of_host
from chalicelib.stores.token_store import find_personal_token
from chalicelib.use_cases.accounts.access_tokens import looks_like_jwt, read_access_token, sign_access_token
from chalicelib.use_cases.accounts.authorize import authorize
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin, generated_password
from chalicelib.use_cases.accounts.create_tenant import create_tenant
from chalicelib.use_cases.accounts.derived_secret import derived_bearer
from chalicelib.use_cases.accounts.open_session import (
    begin_session,
    end_session,
    session_writes,
    tokens_of,
    turn_session,
)
from chalicelib.use_cases.accounts.own_tokens import CreateToken, create_personal_token
from chalicelib.use_cases.guests.guest_proof import hash_proof, new_code, proof_matches
from tests.fakes.context import FakeContext
from tests.fakes.ids import FakeIds
from tests.fakes.key_store import FakeKeyStore


def tenant_in(ctx: FakeContext, name: str = "acme", host: str = "acme.example") -> Tenant:
    return create_tenant(
        ctx,
        tenant_id=name,
        name=name.title(),
        base_url=f"https://{host}",
        blob_base_url=f"https://{host}",
        sender_address="noreply@acme.example",
        language="ja",
    )


class ScriptedIds(FakeIds):
    """Random bytes from a list first."""

    def __init__(self, *first: bytes) -> None:
        super().__init__()
        self._first: Iterator[bytes] = iter(first)

    def random(self, size: int) -> bytes:
        return next(self._first, None) or super().random(size)


def test_a_tenant_and_its_host_name_belong_together() -> None:
    ctx = FakeContext()
    tenant = tenant_in(ctx, host="Files.Acme.example:8443")
    assert tenant.base_url == "https://files.acme.example:8443"
    assert tenant.version == 1
    assert tenant_of_host(ctx.records, " FILES.acme.example:8443 ") == "acme"
    for host in ("", "acme.example", "x" * 300, "a\0b"):
        with pytest.raises(Refused) as refused:
            tenant_of_host(ctx.records, host)
        assert refused.value.code == "host_unknown"
    with pytest.raises(NotFound):
        get_tenant(ctx.records, "other")


@pytest.mark.parametrize(("name", "host"), [("acme", "new.example"), ("other", "acme.example")])
def test_neither_id_nor_host_is_given_twice(name: str, host: str) -> None:
    ctx = FakeContext()
    tenant_in(ctx)
    rows = dict(ctx.records.rows)
    with pytest.raises(Refused) as refused:
        tenant_in(ctx, name, host)
    assert refused.value.code == "tenant_exists"
    assert ctx.records.rows == rows


def test_a_host_given_up_is_free() -> None:
    ctx = FakeContext()
    tenant = tenant_in(ctx)
    moved = replace(tenant, base_url="https://new.example")
    ctx.records.transact(put_ops(moved, expect=tenant.version, former=tenant))
    assert tenant_of_host(ctx.records, host_of(moved.base_url)) == "acme"
    with pytest.raises(Refused):
        tenant_of_host(ctx.records, "acme.example")


def test_the_first_admin_is_made_once_and_the_password_is_not_stored() -> None:
    ctx = FakeContext()
    tenant = tenant_in(ctx)
    password = bootstrap_admin(ctx, tenant, email="A@acme.example", name="A")
    member = find_member(ctx.records, "acme", "a@ACME.example")
    assert member is not None
    assert member.roles == ("admin", "auditor", "member")
    assert get_admins(ctx.records, "acme").members == {member.id}
    assert all(password not in row.text for row in ctx.records.rows.values())
    with pytest.raises(Refused) as refused:
        bootstrap_admin(ctx, tenant, email="b@acme.example", name="B")
    assert refused.value.code == "bootstrap_done"
    assert find_member(ctx.records, "acme", "b@acme.example") is None


def test_generated_passwords_have_99_bits_and_no_look_alikes() -> None:
    password = generated_password(FakeContext(ids=ScriptedIds(bytes([248, 255] * 16), bytes(range(32)))))
    assert password == "abcde-fghjk-mnpqr-stuvw"
    assert generated_password(FakeContext(ids=FakeIds(1))) != generated_password(FakeContext(ids=FakeIds(2)))


def test_codes_have_eight_digits_each_as_likely_as_every_other() -> None:
    def code(*numbers: int) -> str:
        return new_code(FakeContext(ids=ScriptedIds(*(number.to_bytes(4, "big") for number in numbers))))

    assert code(7) == "00000007"
    assert code(4_199_999_999) == "99999999"
    # 4,200,000,000 and above would make the low codes likelier: thrown away.
    assert code(4_200_000_000, 2**32 - 1, 100_000_001) == "00000001"


def test_a_proof_needs_the_pepper_of_the_key_store() -> None:
    ctx = FakeContext()
    stored = hash_proof(ctx, "12345678")
    assert proof_matches(ctx, "12345678", stored)
    assert not proof_matches(ctx, "12345679", stored)
    assert not ctx.hashes.verify("12345678", stored)
    assert not proof_matches(FakeContext(keys=FakeKeyStore(b"another")), "12345678", stored)


def test_derived_bearers_differ_by_owner_and_purpose() -> None:
    ctx = FakeContext()
    made = {
        derived_bearer(ctx, tenant, owner, purpose=purpose)
        for tenant in ("acme", "other")
        for owner in ("a", "b")
        for purpose in ("p", "q")
    }
    assert len(made) == 8
    assert derived_bearer(ctx, "acme", "a", purpose="p") in made


def test_a_link_is_stored_under_its_tokens_hash_alone() -> None:
    ctx = FakeContext()
    tenant = tenant_in(ctx)
    link = Link("ln_x", tenant.id, "tr_x", "transfer", 0, "code", "ja", domains=("a.example",))
    token, put = new_link(ctx, link)
    ctx.records.transact([put])
    assert put.key.pk == f"acme#link#{hashlib.sha256(token.encode()).hexdigest()}"
    assert get_link(ctx.records, token) == link
    assert link_url(tenant, token) == f"https://acme.example/l#{token}"
    assert link_url(tenant, token, TransferClass.SEALED) == f"https://acme.example/l#{token}"
    assert link_url(tenant, token, TransferClass.PLAIN) == f"https://acme.example/p/{token}"
    assert token_hash(token) in put.key.pk
    ctx.records.transact([delete_link(token)])
    with pytest.raises(NotFound):
        get_link(ctx.records, token)


def signed_in(ctx: FakeContext) -> tuple[Tenant, str, Any]:
    tenant = tenant_in(ctx)
    bootstrap_admin(ctx, tenant, email="a@acme.example", name="A")
    member = find_member(ctx.records, "acme", "a@acme.example")
    assert member is not None
    session = begin_session(ctx, tenant, kind="member", owner=member.id, client=Client.CLI, device_name="a\nb" * 99)
    ctx.records.transact(session_writes(ctx, session))
    return tenant, member.id, tokens_of(ctx, tenant, session, frozenset(member.roles))


def test_a_key_that_changes_while_signing_is_followed() -> None:
    class Rotating(FakeKeyStore):
        def sign(self, data: bytes, *, use: Any) -> tuple[str, bytes]:
            if self.generations["access"] == 0:
                self.rotate("access")
            return super().sign(data, use=use)

    ctx = FakeContext(keys=Rotating())
    tenant, member, tokens = signed_in(ctx)
    assert read_access_token(ctx, tokens.access_token)["sub"] == member
    assert looks_like_jwt(tokens.access_token)
    assert not looks_like_jwt("acme.abc")
    assert sign_access_token(ctx, tenant, tokens.session, frozenset())[1] == 900


def test_device_names_are_kept_printable_and_short() -> None:
    _, _, tokens = signed_in(FakeContext())
    assert tokens.session.device_name == ("ab" * 99)[:100]


def test_a_store_that_is_away_is_told_and_not_taken_for_a_wrong_token() -> None:
    ctx = FakeContext()
    _, _, tokens = signed_in(ctx)
    assert authorize(ctx, tokens.access_token).principal.kind == "member"
    ctx.records.fault = StoreAway()
    with pytest.raises(StoreAway):
        authorize(ctx, tokens.access_token)
    with pytest.raises(StoreAway):
        turn_session(ctx, tokens.refresh_token)


def test_every_request_reads_session_account_and_tenant_in_one_call() -> None:
    ctx = FakeContext()
    _, _, tokens = signed_in(ctx)
    ctx.records.calls.clear()
    authorize(ctx, tokens.access_token)
    assert ctx.records.calls == {"get_many": 1}


def test_the_last_use_of_a_personal_token_is_noted_once_an_hour() -> None:
    ctx = FakeContext()
    _, _, tokens = signed_in(ctx)
    principal = authorize(ctx, tokens.access_token).principal
    _, bearer = create_personal_token(ctx, principal, CreateToken("n", ("admin",)))
    writes = []
    for wait in (0, HOUR - 1, 1):
        ctx.clock.advance(wait)
        ctx.records.calls.clear()
        authorize(ctx, bearer)
        writes.append(ctx.records.calls["transact"])
    assert writes == [1, 0, 1]
    found = find_personal_token(ctx.records, "acme", bearer)
    assert found is not None
    assert found.last_used_at == ctx.clock.now_ms()


def test_ending_a_session_twice_tells_it_once() -> None:
    ctx = FakeContext()
    _, member, tokens = signed_in(ctx)
    for _ in range(2):
        end_session(ctx, get_session(ctx.records, "acme", tokens.session.id), actor=member)
    assert [event.type for event in ctx.records.outbox].count("session.revoked.v1") == 1


@pytest.mark.parametrize("token", ["", "acme." + "A" * 27, "acme.x", "Acme." + "A" * 27])
def test_unknown_refresh_tokens_are_invalid(token: str) -> None:
    ctx = FakeContext()
    tenant_in(ctx)
    with pytest.raises(Refused) as refused:
        turn_session(ctx, token)
    assert refused.value.code == "token_invalid"


def test_many_threads_turn_one_token_into_one_successor() -> None:
    ctx = FakeContext()
    _, _, tokens = signed_in(ctx)
    turned: list[int] = []
    threads = [
        threading.Thread(target=lambda: turned.append(turn_session(ctx, tokens.refresh_token).generation))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert turned == [1] * 6
