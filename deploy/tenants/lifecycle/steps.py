"""The steps of on-boarding and off-boarding. Each looks before it acts, so that repeating one is no error.

Silo:    account -> baseline -> stacks -> members -> domain -> smoke -> active
Pooled:  members -> domain -> smoke -> active
Leaving: export -> emptied -> domain_gone -> members_gone -> [stacks_gone -> baseline_gone -> account_closed] -> gone
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from deploy.errors import Refused
from deploy.tenants.lifecycle.registry import Registry
from deploy.tenants.lifecycle.tenancy import Tenancy
from deploy.tenants.lifecycle.world import World

Facts = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """What a step works with."""

    registry: Registry
    world: World


class Step(Protocol):
    """``do`` gives facts to keep. ``undo`` takes back what ``do`` did, or what a ``do`` that died left half done."""

    def do(self, tenancy: Tenancy, place: Place) -> Facts: ...

    def undo(self, tenancy: Tenancy, place: Place) -> None: ...


def account_of(tenancy: Tenancy) -> str:
    """The tenancy's own account; empty for a pooled one."""
    return tenancy.fact("account", "account") if tenancy.asked.delivery == "silo" else ""


class TakeAccount:
    """The claim comes first: it alone tells two operators apart. Whoever died behind it finds it again."""

    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        account = next(iter(place.registry.claimed("account", tenancy.tenant)), "") or self._claim(tenancy, place)
        place.world.accounts.assign(account, tenancy.tenant)
        return {"account": account}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        for account in place.registry.claimed("account", tenancy.tenant):
            if place.world.accounts.owner(account) in ("", tenancy.tenant):
                place.world.accounts.give_back(account)
            place.registry.release("account", account, tenancy.tenant)

    def _claim(self, tenancy: Tenancy, place: Place) -> str:
        wanted = tenancy.asked.account
        for account in [wanted] if wanted else place.world.accounts.free():
            if place.registry.claim("account", account, tenancy.tenant):
                return account
        if wanted:
            raise Refused(
                "account_taken",
                f"Account {wanted} is another tenant's.",
                "Name another, or none to take one of the pool.",
            )
        raise Refused(
            "pool_empty",
            "No account of the pool is free.",
            "Vend accounts into the pool's organisational unit, then repeat.",
        )


class LayBaseline:
    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        place.world.baseline.apply(account_of(tenancy))
        return {}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        place.world.baseline.remove(account_of(tenancy))


class DeployStacks:
    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        return place.world.stacks.deploy(tenancy.asked.stage, account_of(tenancy))

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        place.world.stacks.remove(tenancy.asked.stage, account_of(tenancy))


class CreateMembers:
    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        asked = tenancy.asked
        place.world.members.create(asked.stage, account_of(tenancy), asked.tenant, name=asked.name, host=asked.host)
        return {}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        place.world.members.remove(tenancy.asked.stage, account_of(tenancy), tenancy.tenant)


class PointDomain:
    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        place.world.domains.point(tenancy.asked.host, tenancy.asked.stage, account_of(tenancy))
        return {"host": tenancy.asked.host}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        place.world.domains.remove(tenancy.asked.host, tenancy.asked.stage, account_of(tenancy))


class SmokeTest:
    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        faults = place.world.smoke.faults(tenancy.asked.host)
        if faults:
            raise Refused("smoke_failed", " ".join(faults), "Mend it and repeat; nothing else is done again.")
        return {}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        """It left nothing."""


class Export:
    """What the customer keeps: audit and reports."""

    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        return {"exported_to": place.world.members.export(tenancy.asked.stage, account_of(tenancy), tenancy.tenant)}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        """A copy harms nobody."""


class Emptied:
    """Nothing is destroyed here: recall and expiry do that, with certificates. This waits until they are through."""

    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        held = place.world.members.held(tenancy.asked.stage, account_of(tenancy), tenancy.tenant)
        if held:
            raise Refused(
                "data_held",
                f"The tenant still has {', '.join(held)}.",
                "Recall the transfers or wait for their expiry, then repeat.",
            )
        return {}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        """It only looked."""


@dataclass(frozen=True)
class Reverse:
    """The undoing of an on-boarding step as a step of leaving; it can be taken back by doing that step again."""

    step: Step

    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        self.step.undo(tenancy, place)
        return {}

    def undo(self, tenancy: Tenancy, place: Place) -> None:
        self.step.do(tenancy, place)


class CloseAccount:
    """An account that held a customer's data is never used for another."""

    def do(self, tenancy: Tenancy, place: Place) -> Facts:
        place.world.accounts.close(account_of(tenancy))
        return {"closed": account_of(tenancy)}

    def undo(self, tenancy: Tenancy, place: Place) -> None:  # noqa: ARG002  # a closed account can't be had back by a program
        raise Refused(
            "account_closed", "A closed account comes back through AWS Support alone.", "On-board the tenant anew."
        )


_ONBOARDING: Final[tuple[tuple[str, Step], ...]] = (
    ("account", TakeAccount()),
    ("baseline", LayBaseline()),
    ("stacks", DeployStacks()),
    ("members", CreateMembers()),
    ("domain", PointDomain()),
    ("smoke", SmokeTest()),
)
_LEAVING: Final[tuple[tuple[str, Step], ...]] = (
    ("export", Export()),
    ("emptied", Emptied()),
    ("domain_gone", Reverse(PointDomain())),
    ("members_gone", Reverse(CreateMembers())),
    ("stacks_gone", Reverse(DeployStacks())),
    ("baseline_gone", Reverse(LayBaseline())),
    ("account_closed", CloseAccount()),
)
_OF_A_SILO: Final = frozenset(("account", "baseline", "stacks", "stacks_gone", "baseline_gone", "account_closed"))


def onboarding(tenancy: Tenancy) -> list[tuple[str, Step]]:
    """The steps to serving, in order."""
    return _fitting(_ONBOARDING, tenancy)


def leaving(tenancy: Tenancy) -> list[tuple[str, Step]]:
    """The steps of off-boarding, in order."""
    return _fitting(_LEAVING, tenancy)


def _fitting(steps: tuple[tuple[str, Step], ...], tenancy: Tenancy) -> list[tuple[str, Step]]:
    return [(name, step) for name, step in steps if tenancy.asked.delivery == "silo" or name not in _OF_A_SILO]
