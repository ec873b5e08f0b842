"""What the steps need of the world, in words. Every act may be repeated: what is so already stays so.

An act that AWS goes on with by itself raises ``UnderWay``; the machine stops there and the next run looks again. What needs a person raises
``Refused``.
"""

from typing import Protocol


class UnderWay(Exception):
    """AWS is at it; run again later. The text says what is waited for."""


class Accounts(Protocol):
    """Accounts vended ahead of need, by organisational unit: ``pool``, ``customers``, ``leaving``."""

    def free(self) -> list[str]:
        """Ids of the pool's accounts, in an order that stays."""
        ...

    def owner(self, account: str) -> str:
        """The tenant that the account is tagged with; empty in the pool."""
        ...

    def assign(self, account: str, tenant: str) -> None:
        """Tag it and move it to the customers. Raises Refused: account_taken, account_unknown, quota_reached."""
        ...

    def give_back(self, account: str) -> None:
        """Untag it and move it to the pool: for an account in which no customer's data ever was."""
        ...

    def close(self, account: str) -> None:
        """Move it to those that leave and close it (AWS keeps it for 90 days). Raises Refused("quota_reached")."""
        ...


class Baseline(Protocol):
    """CloudTrail, Config, Security Hub, GuardDuty, budgets: the StackSet's instance in an account."""

    def apply(self, account: str) -> None:
        """Raises UnderWay; Refused("baseline_failed")."""
        ...

    def remove(self, account: str) -> None:
        """Raises UnderWay."""
        ...


class Stacks(Protocol):
    """The stacks of a stage."""

    def deploy(self, stage: str, account: str) -> dict[str, str]:
        """Stack -> state when all are there. Raises UnderWay; Refused: stack_half_made, name_taken, quota_reached."""
        ...

    def remove(self, stage: str, account: str) -> None:
        """Services first, data last. Raises UnderWay; Refused("data_held") where something is left in a bucket or table."""
        ...


class Members(Protocol):
    """The tenant's own record, inside the stage that serves it."""

    def create(self, stage: str, account: str, tenant: str, *, name: str, host: str) -> None:
        """The tenant with its first admin."""
        ...

    def remove(self, stage: str, account: str, tenant: str) -> None:
        """Raises Refused("data_held") while the tenant has transfers."""
        ...

    def held(self, stage: str, account: str, tenant: str) -> list[str]:
        """What of the tenant is still there, in words; empty where nothing is."""
        ...

    def export(self, stage: str, account: str, tenant: str) -> str:
        """Where audit and reports were put for the customer."""
        ...


class Domains(Protocol):
    """Host names."""

    def point(self, host: str, stage: str, account: str) -> None:
        """Raises Refused("name_taken") where the name already leads elsewhere; UnderWay until DNS has it."""
        ...

    def remove(self, host: str, stage: str, account: str) -> None: ...


class Smoke(Protocol):
    """The service as people reach it."""

    def faults(self, host: str) -> list[str]:
        """One sentence for everything that does not answer as it should."""
        ...


class World(Protocol):
    """All of it."""

    @property
    def accounts(self) -> Accounts: ...
    @property
    def baseline(self) -> Baseline: ...
    @property
    def stacks(self) -> Stacks: ...
    @property
    def members(self) -> Members: ...
    @property
    def domains(self) -> Domains: ...
    @property
    def smoke(self) -> Smoke: ...
