"""Members as records: ``<tenant>#member#<id>``, found by address under a hash, listed by id under ``<tenant>#members``.

The address record is written ABSENT, so of two invitations to one address one wins. Lists hold ids only.
"""

from dataclasses import asdict, fields
from typing import Any

from chalicelib.domain.account import Admins, Member, MemberState, SecondFactor
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import checked_id
from chalicelib.domain.recipients import address_hash
from chalicelib.ports.record_store import ABSENT, ANY, Check, Delete, Key, Operation, Page, Put, Record, RecordStore
from chalicelib.stores.keys import expectation
from chalicelib.stores.link_store import token_hash

_FIELDS = frozenset(field.name for field in fields(Member)) - {"version"}


def member_key(tenant: str, member: str) -> Key:
    """Where an account stands."""
    return Key(f"{tenant}#member#{member}", "member")


def address_key(tenant: str, address: str) -> Key:
    """Where an address says whose it is."""
    return Key(f"{tenant}#address#{address_hash(address)}", "member")


def _listed(tenant: str, member: str) -> Key:
    return Key(f"{tenant}#members", member)


def bootstrap_key(tenant: str) -> Key:
    """Written with the first admin and never again."""
    return Key(f"{tenant}#bootstrap", "bootstrap")


def invitation_key(tenant: str, token: str) -> Key:
    """Where an invitation says whose it is, by the hash of its token."""
    return Key(f"{tenant}#invitation#{token_hash(token)}", "invitation")


def put_invitation(member: Member, token: str) -> Put:
    """The write that makes an invitation's token work until it ends."""
    key = invitation_key(member.tenant, token)
    return Put(key, {"member": member.id}, expect=ANY, purge_after=member.invitation_expires_at)


def invited_member(records: RecordStore, tenant: str, token: str) -> Member | None:
    """The account that an invitation is for, or None."""
    found = records.get(invitation_key(tenant, token))
    record = records.get(member_key(tenant, found.body["member"])) if found else None
    return member_of_record(record) if record else None


def get_admins(records: RecordStore, tenant: str) -> Admins:
    """Who administers the tenant."""
    record = records.get(_admins_key(tenant))
    return Admins(frozenset(record.body["members"]), record.version) if record else Admins(frozenset(), 0)


def put_admins(tenant: str, admins: Admins) -> Put:
    """The write of the admins, guarded, so that two can't remove each other at once."""
    return Put(_admins_key(tenant), {"members": sorted(admins.members)}, expect=expectation(admins.version))


def _admins_key(tenant: str) -> Key:
    return Key(f"{tenant}#admins", "set")


def new_member(member: Member) -> list[Operation]:
    """The writes of a new account; they fail where its address is taken."""
    return [
        Put(member_key(member.tenant, member.id), _body(member), expect=ABSENT),
        Put(address_key(member.tenant, member.email), {"member": member.id}, expect=ABSENT),
        Put(_listed(member.tenant, member.id), {}, expect=ABSENT),
    ]


def changed_member(member: Member) -> Put:
    """The write of a changed account, guarded by the version that was read."""
    return Put(member_key(member.tenant, member.id), _body(member), expect=member.version)


def removed_member(before: Member, after: Member) -> list[Operation]:
    """The writes of a removal: the address is free again, the list forgets the id."""
    return [
        changed_member(after),
        Delete(address_key(before.tenant, before.email), expect=ANY),
        Delete(_listed(before.tenant, before.id), expect=ANY),
    ]


def get_member(records: RecordStore, tenant: str, member: str) -> Member:
    """The account. Raises NotFound."""
    record = records.get(member_key(tenant, checked_id(member, "mb")))
    if record is None:
        raise NotFound
    return member_of_record(record)


def find_member(records: RecordStore, tenant: str, address: str) -> Member | None:
    """The account of an address, or None."""
    found = records.get(address_key(tenant, address))
    record = records.get(member_key(tenant, found.body["member"])) if found else None
    return member_of_record(record) if record else None


def list_members(
    records: RecordStore, tenant: str, *, limit: int, cursor: str | None
) -> tuple[list[Member], str | None]:
    """One page of accounts in the order of their making."""
    page: Page = records.query(f"{tenant}#members", limit=min(limit, 100), cursor=cursor)
    if not page.records:
        return [], page.cursor
    found = {r.key: r for r in records.get_many([member_key(tenant, r.key.sk) for r in page.records])}
    members = [found.get(member_key(tenant, record.key.sk)) for record in page.records]
    return [member_of_record(record) for record in members if record], page.cursor


def member_of_record(record: Record) -> Member:
    """The account of its record, with the record's version."""
    body = {name: value for name, value in record.body.items() if name in _FIELDS}
    factor = body.pop("second_factor", None)
    if factor is not None:
        factor = SecondFactor(**{**factor, "recovery_hashes": tuple(factor["recovery_hashes"])})
    body |= {"roles": tuple(body["roles"]), "state": MemberState(body["state"]), "second_factor": factor}
    return Member(**body, version=record.version)


def _body(member: Member) -> dict[str, Any]:
    body = asdict(member)
    del body["version"]
    body |= {"roles": list(member.roles), "state": str(member.state)}
    if member.second_factor is not None:
        body["second_factor"]["recovery_hashes"] = list(member.second_factor.recovery_hashes)
    return body


def check_member(member: Member) -> Check:
    """Fails a transaction where the account changed since it was read."""
    return Check(member_key(member.tenant, member.id), expect=member.version)
