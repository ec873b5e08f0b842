"""Policy: what the tenant's rules say of a transfer before it leaves. The first rules are those of the tenant's settings.

``judge`` is asked once, in ``checking``, and gives the strictest of all rules: block over approve over allow.
"""

from collections.abc import Sequence
from typing import Final

from chalicelib.domain.tenant import Rule, Tenant
from chalicelib.domain.transfer import Scan, State, Transfer, TransferClass

_STRICTNESS: Final[dict[Rule, int]] = {"allow": 0, "approve": 1, "block": 2}
STATE_OF: Final[dict[Rule, State]] = {
    "allow": State.HELD,
    "approve": State.AWAITING_APPROVAL,
    "block": State.BLOCKED,
}


def strictest(rules: Sequence[Rule]) -> Rule:
    """The rule that wins; ``allow`` where there is none."""
    return max(rules, key=_STRICTNESS.__getitem__, default="allow")


def judge(tenant: Tenant, transfer: Transfer, scan: Scan) -> Rule:
    """What happens to a transfer whose files were scanned with ``scan`` as the worst verdict (infected is not asked about)."""
    rules: list[Rule] = ["allow"]
    if transfer.transfer_class is TransferClass.SEALED:
        rules.append(tenant.sealed)
    elif scan is Scan.UNSCANNABLE:
        rules.append(tenant.unscannable)
    return strictest(rules)
