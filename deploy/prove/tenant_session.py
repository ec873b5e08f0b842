"""Sessions of two tenants that nobody has: what probes of isolation act as."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.prove.ask import DENIED, Account, code
from deploy.prove.check import Answers, Facts, Verdict, without_faults
from deploy.tenants.role import TAG, session_name, tenant_role_arn

ASSUME: Final = "sts.AssumeRole"
# Whose role is tried: it reaches records, wrapped keys, bytes and the seal.
SERVICE: Final = "transfers"
REFUSED: Final = tuple(sorted(DENIED))
# The shortest that STS takes.
SECONDS: Final = 900


def tenant(account: Account, which: str) -> str:
    """A tenant that nobody has, with the time in its name."""
    return f"prove-{which}-{account.now:%Y%m%d%H%M%S}"


def assume(account: Account, tags: Sequence[Mapping[str, str]], *, name: str = "", **more: Any) -> dict[str, Any]:
    """AssumeRole's answer for these session tags; ``name``: of the session, else the one that the role's trust wants. Raises NotRun."""
    named = tags[0]["Value"] if tags else tenant(account, "a")
    return account.ask(
        ASSUME,
        RoleArn=tenant_role_arn(account.stage, SERVICE),
        RoleSessionName=name or session_name(re.sub(r"[^A-Za-z0-9-]", "-", named)),
        DurationSeconds=SECONDS,
        Tags=list(tags),
        **more,
    )


def session(account: Account, which: str, **more: Any) -> Account:
    """The account as the tenant's session sees it. Raises NotRun where the caller may not take the role."""
    tags = [{"Key": TAG, "Value": tenant(account, which)}]
    return account.acting(assume(account, tags, **more)["Credentials"])


def key(account: Account, which: str, line: str = "line") -> dict[str, Any]:
    """Key of a record of that tenant, of a kind that the role may put, read and delete."""
    return {"pk": {"S": f"{tenant(account, which)}#tr#prove"}, "sk": {"S": line}}


def all_refused(found: Answers, facts: Facts) -> Verdict:
    """Proved where every answer is a refusal."""
    del facts
    passed = [f"{name} passed" for name, answer in sorted(found.items()) if code(answer) not in DENIED]
    return without_faults(passed, f"{len(found)} ways refused")
