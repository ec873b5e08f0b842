"""The first admin of a tenant, made once by the operator's set-up command, who reads the password out of its answer."""

from chalicelib.domain.account import Admins, Member, MemberState, checked_name
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.domain.recipients import checked_address
from chalicelib.domain.tenant import Tenant
from chalicelib.ports.record_store import ABSENT, Put
from chalicelib.stores.account_store import bootstrap_key, new_member, put_admins
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event

# No letter or digit that is read for another one; 20 of 31 are 99 bits.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5


def bootstrap_admin(ctx: Context, tenant: Tenant, *, email: str, name: str) -> str:
    """The one-time password. Raises Refused("bootstrap_done") ever after, also when that admin was removed.

    two set-ups:  A: put bootstrap ABSENT, member, event -- stored
                  B:          put bootstrap ABSENT -> Conflict -> refused; its member is not stored either
    """
    password = generated_password(ctx)
    member = Member(
        id=ctx.ids.new("mb"),
        tenant=tenant.id,
        email=checked_address(email),
        name=checked_name(name),
        roles=("admin", "auditor", "member"),
        language=tenant.language,
        state=MemberState.ACTIVE,
        created_at=ctx.clock.now_ms(),
        password_hash=ctx.hashes.hash(password),
    )
    event = make_event(
        ctx,
        type="member.changed.v1",
        tenant=tenant.id,
        subject=member.id,
        sequence=1,
        actor="system",
        data={"roles": list(member.roles)},
    )
    done = Put(bootstrap_key(tenant.id), {"member": member.id}, expect=ABSENT)
    try:
        admins = put_admins(tenant.id, Admins(frozenset({member.id})))
        ctx.records.transact([done, admins, *new_member(member)], [event])
    except Conflict:
        raise Refused("bootstrap_done", "This tenant has had its first admin already.") from None
    return password


def generated_password(ctx: Context) -> str:
    """``xxxxx-xxxxx-xxxxx-xxxxx`` without look-alikes; bytes beyond the largest multiple of 31 are thrown away, so no letter is likelier."""
    letters: list[str] = []
    while len(letters) < _GROUPS * _GROUP:
        letters += [_LETTERS[byte % 31] for byte in ctx.ids.random(32) if byte < 248]
    text = "".join(letters[: _GROUPS * _GROUP])
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
