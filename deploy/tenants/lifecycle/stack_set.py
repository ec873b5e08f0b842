"""The baseline of an account: one instance of the StackSet, made here where the unit's automatic deployment has not made it yet.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackInstance.html (Status)
"""

from typing import Any

from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import told
from deploy.tenants.lifecycle.world import UnderWay


class StackSetBaseline:
    """``client`` is a boto3 CloudFormation client of the account that administers the StackSet ``name``."""

    def __init__(self, client: Any, name: str, region: str) -> None:
        self._client = client
        self._name = name
        self._region = region

    def apply(self, account: str) -> None:
        status = self._status(account)
        if status == "CURRENT":
            return
        if status == "INOPERABLE":
            raise Refused(
                "baseline_failed",
                f"The baseline's instance in {account} is inoperable.",
                "See the StackSet's operations, delete that instance, and repeat.",
            )
        # With automatic deployment an account gets it by being in the unit, and loses it by leaving: AWS refuses both by hand.
        if status == "" and not self._automatic():
            with told():
                self._client.create_stack_instances(StackSetName=self._name, Accounts=[account], Regions=[self._region])
            if self._status(account) == "CURRENT":
                return
        raise UnderWay(f"the baseline of {account}")

    def remove(self, account: str) -> None:
        if self._status(account) == "" or self._automatic():
            return
        with told():
            self._client.delete_stack_instances(
                StackSetName=self._name, Accounts=[account], Regions=[self._region], RetainStacks=False
            )
        if self._status(account):
            raise UnderWay(f"removing the baseline of {account}")

    def _automatic(self) -> bool:
        with told():
            found = self._client.describe_stack_set(StackSetName=self._name)["StackSet"]
        return bool(found.get("AutoDeployment", {}).get("Enabled"))

    def _status(self, account: str) -> str:
        """CURRENT, OUTDATED or INOPERABLE; empty where there is none."""
        with told():
            pages = self._client.get_paginator("list_stack_instances").paginate(
                StackSetName=self._name, StackInstanceAccount=account, StackInstanceRegion=self._region
            )
            for one in (one for page in pages for one in page["Summaries"]):
                if (one["Account"], one["Region"]) == (account, self._region):
                    return str(one["Status"])
        return ""
