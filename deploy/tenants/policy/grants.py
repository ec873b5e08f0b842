"""Who a resource policy speaks to: the Principal element against the caller.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from deploy.tenants.policy.conditions import texts
from deploy.tenants.policy.operators import PolicyUnknown

_ACCOUNT: Final = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?\Z")


@dataclass(frozen=True)
class Caller:
    """Who asks. ``arn`` is of a role or user; ``session`` of the assumed role's session, empty for a user; ``service`` of an AWS service."""

    arn: str = ""
    session: str = ""
    service: str = ""

    @property
    def account(self) -> str:
        """The account that the caller belongs to; empty for a service."""
        return self.arn.split(":")[4] if self.arn else ""


class Grant(IntEnum):
    """How closely a Principal names the caller; the closer, the less other policies can take away."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    EXACT = 3


def granted(principal: Any, caller: Caller) -> Grant:
    """The closest that ``principal`` names the caller. Raises PolicyUnknown for kinds that this model does not know."""
    if principal == "*":
        return Grant.ROLE
    if not isinstance(principal, Mapping):
        raise PolicyUnknown(f"principal {principal}")
    levels = [Grant.NONE]
    for kind, named in principal.items():
        if kind == "AWS":
            levels += [_aws(one, caller) for one in texts(named)]
        elif kind == "Service":
            levels += [Grant.EXACT if one == caller.service else Grant.NONE for one in texts(named)]
        else:
            raise PolicyUnknown(f"principal of kind {kind}")
    return max(levels)


def _aws(named: str, caller: Caller) -> Grant:
    if not caller.arn:
        return Grant.NONE
    if named == "*":
        return Grant.ROLE
    account = _ACCOUNT.match(named)
    if account:
        return Grant.ACCOUNT if account[1] == caller.account else Grant.NONE
    if "*" in named or "?" in named:
        raise PolicyUnknown(f"principal {named}: IAM takes no wildcard inside an ARN here")
    if named == (caller.session or caller.arn):
        return Grant.EXACT
    return Grant.ROLE if named == caller.arn else Grant.NONE
