"""Accounts of the organisation: vended into the pool ahead of need, because Account Factory takes half an hour for each.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_MoveAccount.html, .../API_CloseAccount.html
"""

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import code_of, told

TAG: Final = "fumibako:tenant"
_NOT_THERE: Final = frozenset({"AccountNotFoundException", "ChildNotFoundException", "TargetNotFoundException"})


@dataclass(frozen=True)
class Units:
    """Ids of the organisational units."""

    pool: str
    customers: str
    leaving: str


class OrganisationAccounts:
    """``client`` is a boto3 Organizations client of the management account, or of one that may administer for it."""

    def __init__(self, client: Any, units: Units) -> None:
        self._client = client
        self._units = units

    def free(self) -> list[str]:
        with told():
            pages = self._client.get_paginator("list_accounts_for_parent").paginate(ParentId=self._units.pool)
            return sorted(str(one["Id"]) for page in pages for one in page["Accounts"] if one["State"] == "ACTIVE")

    def owner(self, account: str) -> str:
        with told():
            pages = self._client.get_paginator("list_tags_for_resource").paginate(ResourceId=account)
            return next((str(tag["Value"]) for page in pages for tag in page["Tags"] if tag["Key"] == TAG), "")

    def assign(self, account: str, tenant: str) -> None:
        if self._owner_or_refused(account) not in ("", tenant):
            raise Refused(
                "account_taken", f"Account {account} is tagged as another tenant's.", "Choose another account."
            )
        with told():
            # The tag first: whoever dies between the two is found by it.
            self._client.tag_resource(ResourceId=account, Tags=[{"Key": TAG, "Value": tenant}])
        self._move(account, self._units.customers)

    def give_back(self, account: str) -> None:
        self._move(account, self._units.pool)
        with told():
            self._client.untag_resource(ResourceId=account, TagKeys=[TAG])

    def close(self, account: str) -> None:
        self._move(account, self._units.leaving)
        with told():
            found = self._client.describe_account(AccountId=account)["Account"]
            if found["State"] == "ACTIVE":
                self._client.close_account(AccountId=account)

    def _owner_or_refused(self, account: str) -> str:
        try:
            return self.owner(account)
        except ClientError as error:
            if code_of(error) in _NOT_THERE:
                raise _unknown(account) from error
            raise

    def _move(self, account: str, to: str) -> None:
        try:
            with told():
                parent = self._client.list_parents(ChildId=account)["Parents"][0]["Id"]
                if parent != to:
                    self._client.move_account(AccountId=account, SourceParentId=parent, DestinationParentId=to)
        except ClientError as error:
            if code_of(error) in _NOT_THERE:
                raise _unknown(account) from error
            raise


def _unknown(account: str) -> Refused:
    return Refused("account_unknown", f"The organisation has no account {account}.", "See the pool's accounts.")
