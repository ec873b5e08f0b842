"""What a finished check decides: the scanner's verdicts over all files, the tenant's rules, and the next state.

``not_scanned`` is never shown as clean, and a sealed transfer is always ``unscannable``, because no server can read it. What the rules
say of either is domain/policy.py's; this file turns all of it into a state.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from chalicelib.domain.tenant import MINUTE, Rule
from chalicelib.domain.transfer import Reason, Scan, State, Transfer, move

Decision = Literal["release", "approve", "block", "infected"]

_SCANS: Final[dict[str, Scan]] = {
    "clean": Scan.CLEAN,
    "not_scanned": Scan.NOT_SCANNED,
    "unscannable": Scan.UNSCANNABLE,
    "too_large": Scan.UNSCANNABLE,
    "infected": Scan.INFECTED,
}
_SCAN_ORDER: Final = (Scan.CLEAN, Scan.NOT_SCANNED, Scan.UNSCANNABLE, Scan.INFECTED)
_OF_RULE: Final[dict[Rule, Decision]] = {"allow": "release", "approve": "approve", "block": "block"}


def overall_scan(kinds: Iterable[str]) -> Scan:
    """One word for all files: the worst of them. No verdict at all counts as ``not_scanned``."""
    found = {_SCANS[kind] for kind in kinds}
    return max(found, key=_SCAN_ORDER.index, default=Scan.NOT_SCANNED)


def decision_of_rule(rule: Rule) -> Decision:
    """A tenant's rule as a decision: allow releases, approve asks, block blocks."""
    return _OF_RULE[rule]


def decide(scan: Scan, rule: Rule, *, sound: bool) -> Decision:
    """Malware always closes; what can't be opened with its own key (``sound`` False) is blocked; else the policy's rule decides."""
    if scan is Scan.INFECTED:
        return "infected"
    return decision_of_rule(rule) if sound else "block"


def after_check(transfer: Transfer, scan: Scan, decision: Decision, *, now: int) -> Transfer:
    """The transfer after its check, its scan noted. Raises Refused("state_wrong") unless it is being checked."""
    checked = replace(transfer, scan=scan)
    if decision == "infected":
        return move(checked, State.CLOSED, now=now, reason=Reason.INFECTED)
    if decision == "block":
        return move(checked, State.BLOCKED, now=now)
    if decision == "approve":
        return move(checked, State.AWAITING_APPROVAL, now=now)
    return held(checked, now=now)


def held(transfer: Transfer, *, now: int) -> Transfer:
    """Held until the sender's minutes have passed and ``send_at`` has come; ready at once where neither lies ahead."""
    until = max(now + transfer.hold_minutes * MINUTE, transfer.send_at or 0)
    waiting = replace(move(transfer, State.HELD, now=now), hold_until=until)
    return move(waiting, State.READY, now=now) if until <= now else waiting


def hold_over(transfer: Transfer, *, now: int) -> bool:
    """Whether a held transfer may become ready."""
    return transfer.state is State.HELD and now >= (transfer.hold_until or 0)
