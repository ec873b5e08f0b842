"""Accounts for the pool, made ahead of need by Organizations, which takes minutes for each.

    create `fumibako-pool-007` ---- [killed] ........ next run: it is in progress: waited for
    succeeded, stands at the root ---- [killed] ..... next run: it is there by its name: moved to the pool

An account's name is what a run is taken up by; what has our kind of name, stands at the root and has no tenant was made here.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.organisation import TAG
from deploy.tenants.lifecycle.world import UnderWay

_NAME: Final = re.compile(r"fumibako-pool-(\d{3,})")
_ADDRESS: Final = re.compile(r"[^@\s{}]*\{name\}[^@\s{}]*@[^@\s{}]+|[^@\s{}]+@\{name\}\.[^@\s{}]+")
_PAUSE: Final = 10.0
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateAccountStatus.html (FailureReason)
_FULL: Final = "ACCOUNT_LIMIT_EXCEEDED"
_ADDRESS_TAKEN: Final = "EMAIL_ALREADY_EXISTS"


@dataclass
class Vending:
    """``client`` is a boto3 Organizations client, ``pool`` the unit's id, ``email`` a pattern with {name}. ``wait``: seconds, in all."""

    client: Any
    pool: str
    email: str
    wait: float = 0.0
    pause: Callable[[float], None] = time.sleep
    _waited: float = field(default=0.0, init=False)

    def until(self, count: int) -> Iterator[str]:
        """Ids of the accounts that came to the pool, until it has so many that wait. Raises UnderWay; Refused: email_wrong, quota_reached,
        address_taken, vend_failed.
        """
        if not _ADDRESS.fullmatch(self.email):
            raise Refused("email_wrong", f"`{self.email}` makes no addresses.", "Write it like aws+{name}@example.com.")
        yield from self._gathered()
        for _ in range(count - len(self._waiting())):
            yield self._moved(self._made())

    def _gathered(self) -> Iterator[str]:
        """What an earlier run began."""
        with told():
            pages = self.client.get_paginator("list_create_account_status").paginate(States=["IN_PROGRESS"])
            begun = [one["Id"] for page in pages for one in page["CreateAccountStatuses"] if _ours(one["AccountName"])]
            root = self.client.list_roots()["Roots"][0]["Id"]
        for status in begun:
            yield self._moved(self._ended(status))
        for one in self._under(root):
            # A closed one stays in its unit for 90 days, and AWS refuses to move it or lets it into the pool for nothing.
            if one["State"] == "ACTIVE" and _ours(one["Name"]) and not self._tenant(one["Id"]):
                yield self._moved(str(one["Id"]))

    def _made(self) -> str:
        with told():
            pages = self.client.get_paginator("list_accounts").paginate()
            used = [
                int(found[1]) for page in pages for one in page["Accounts"] if (found := _NAME.fullmatch(one["Name"]))
            ]
            name = f"fumibako-pool-{max(used, default=0) + 1:03d}"
            made = self.client.create_account(Email=self.email.replace("{name}", name), AccountName=name)
        return self._ended(str(made["CreateAccountStatus"]["Id"]))

    def _ended(self, status: str) -> str:
        while True:
            with told():
                found = self.client.describe_create_account_status(CreateAccountRequestId=status)["CreateAccountStatus"]
            if found["State"] == "SUCCEEDED":
                return str(found["AccountId"])
            if found["State"] == "FAILED":
                raise _not_made(found)
            if self._waited >= self.wait:
                raise UnderWay(f"account {found.get('AccountName', '')}")
            self.pause(_PAUSE)
            self._waited += _PAUSE

    def _moved(self, account: str) -> str:
        with told():
            parent = self.client.list_parents(ChildId=account)["Parents"][0]["Id"]
            if parent != self.pool:
                self.client.move_account(AccountId=account, SourceParentId=parent, DestinationParentId=self.pool)
        return account

    def _waiting(self) -> list[str]:
        there = (one for one in self._under(self.pool) if one["State"] == "ACTIVE")
        return [str(one["Id"]) for one in there if not self._tenant(one["Id"])]

    def _under(self, unit: str) -> list[dict[str, Any]]:
        with told():
            pages = self.client.get_paginator("list_accounts_for_parent").paginate(ParentId=unit)
            return [one for page in pages for one in page["Accounts"]]

    def _tenant(self, account: str) -> str:
        with told():
            pages = self.client.get_paginator("list_tags_for_resource").paginate(ResourceId=account)
            return next((str(tag["Value"]) for page in pages for tag in page["Tags"] if tag["Key"] == TAG), "")


def _not_made(found: Mapping[str, Any]) -> Refused:
    reason = str(found.get("FailureReason", "unknown"))
    says = f"AWS made no account {found.get('AccountName', '')}: {reason}."
    if reason == _FULL:
        return Refused(
            "quota_reached", says, "Ask Service Quotas for more accounts (Organizations, L-29A0C5DF), then repeat."
        )
    if reason == _ADDRESS_TAKEN:
        return Refused(
            "address_taken", says, "Choose another pattern with --email; an address belongs to one account for ever."
        )
    return Refused("vend_failed", says, "See the account's status in Organizations, then repeat.")


def _ours(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
