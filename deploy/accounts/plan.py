"""What would change in the organisation, and what of it is dangerous. Nothing here changes anything."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from deploy.accounts.organisation import FULL, Organisation, policy
from deploy.accounts.state import Account, State

Kind = Literal["add", "change", "remove", "look"]
Act = Literal["", "unit", "policy", "attachment", "baseline", "pool"]
_MARKS = {"add": "+", "change": "~", "remove": "-", "look": "?"}


@dataclass(frozen=True)
class Change:
    """``danger`` says in a sentence what is open until then or could be lost; ``look``: a person decides.

    ``act`` and ``on`` say it to `apply`: unit (path), policy (name), attachment (name, path), baseline (account), pool (how many).
    """

    kind: Kind
    what: str
    danger: str = ""
    act: Act = ""
    on: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """By what a person accepts it; the same as long as the difference is."""
        return re.sub(r"[^a-z0-9]+", "-", f"{self.kind} {self.what}".lower()).strip("-")

    @property
    def dangerous(self) -> bool:
        """Whether doing it could lock somebody out or take a guard away. Adding does neither: there the danger is to wait."""
        return self.kind in ("change", "remove") and bool(self.danger)

    def __str__(self) -> str:
        return f"{_MARKS[self.kind]} {self.what}" + (f"  !! {self.danger}" if self.danger else "")

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, **asdict(self)}


def plan(organisation: Organisation, state: State) -> list[Change]:
    """Every difference, in the order in which it is to be mended: units, policies, attachments, accounts."""
    return [
        *_units(organisation, state),
        *_policies(organisation, state),
        *_attachments(organisation, state),
        *_accounts(state),
        *_baseline(organisation, state),
        *_pool(organisation, state),
    ]


def _units(organisation: Organisation, state: State) -> Iterator[Change]:
    for path in organisation.units:
        if path not in state.units:
            yield Change("add", f"unit {path}", act="unit", on=(path,))
    for path in sorted(state.units.keys() - organisation.units.keys()):
        yield Change("look", f"unit {path} is in no file", "Its accounts have other guard rails than the files say.")


def _policies(organisation: Organisation, state: State) -> Iterator[Change]:
    for name in organisation.policies:
        held = state.policies.get(name)
        if held is None:
            yield Change("add", f"policy {name}", act="policy", on=(name,))
        elif held != policy(name, organisation):
            yield Change("change", f"policy {name}", "Try it on one account of customers/dev first.", "policy", (name,))
    for name in sorted(state.policies.keys() - set(organisation.policies)):
        yield Change("look", f"policy {name} is in no file")


def _attachments(organisation: Organisation, state: State) -> Iterator[Change]:
    for path, names in organisation.units.items():
        held = set(state.units.get(path, (FULL,)))
        for name in sorted(set(names) - held):
            danger = "" if name == FULL else "Until then this is allowed there."
            yield Change("add", f"{name} on {path or 'the root'}", danger, "attachment", (name, path))
        for name in sorted(held - set(names)):
            danger = "Every request in there is refused from then on." if name == FULL else "A guard rail goes."
            yield Change("remove", f"{name} from {path or 'the root'}", danger, "attachment", (name, path))


def _accounts(state: State) -> Iterator[Change]:
    for one in state.accounts:
        if one.status != "ACTIVE":
            continue
        if one.unit == "":
            # The management account stands at the root and nothing binds it; any other one there is without guard rails.
            yield Change(
                "look", f"account {one.id} stands at the root", "Only the management account may, with nothing in it."
            )
        elif one.unit.startswith("customers") and not one.tenant:
            yield Change("look", f"account {one.id} in {one.unit} has no tenant", "Its costs are nobody's.")
        elif one.unit == "pool" and one.tenant:
            yield Change(
                "look", f"account {one.id} in the pool is tagged `{one.tenant}`", "It may hold that customer's data."
            )
    for account, tenants in _several(state.accounts).items():
        yield Change("look", f"unit {account} has several accounts of one tenant: {', '.join(tenants)}")


def _several(accounts: tuple[Account, ...]) -> dict[str, list[str]]:
    """Units in which a tenant has more than one account."""
    seen: dict[tuple[str, str], int] = {}
    for one in accounts:
        if one.tenant and one.status == "ACTIVE":
            seen[one.unit, one.tenant] = seen.get((one.unit, one.tenant), 0) + 1
    found: dict[str, list[str]] = {}
    for (unit, tenant), count in sorted(seen.items()):
        if count > 1:
            found.setdefault(unit, []).append(tenant)
    return found


def _baseline(organisation: Organisation, state: State) -> Iterator[Change]:
    for one in state.accounts:
        if one.unit not in organisation.baseline_units or one.status != "ACTIVE":
            continue
        status = state.baseline.get(one.id, "")
        if status == "":
            yield Change(
                "add",
                f"{organisation.baseline} in {one.id}",
                "Nothing is recorded there until then.",
                "baseline",
                (one.id,),
            )
        elif status != "CURRENT":
            yield Change("change", f"{organisation.baseline} in {one.id} is {status}")


def _pool(organisation: Organisation, state: State) -> Iterator[Change]:
    waiting = sum(one.unit == "pool" and one.status == "ACTIVE" and not one.tenant for one in state.accounts)
    if waiting < organisation.pool_at_least:
        missing = organisation.pool_at_least - waiting
        yield Change(
            "add",
            f"{missing} account{'s' if missing > 1 else ''} to the pool",
            "A new customer would wait for Account Factory.",
            "pool",
            (str(missing),),
        )
