"""Carries out what `accounts plan` shows, one change at a time, in its order. Killed anywhere, the next plan shows what is left.

    plan ---- unit made ---- policy made ---- [killed]
    plan again: without the two -------------- attached ---- ...

Each act looks before it acts, so that of two operators both end well. What a person has to decide (`?`), and accounts for the pool, are not done here.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from deploy.accounts.organisation import FOLDER, Organisation, compact, policy
from deploy.accounts.plan import Change
from deploy.accounts.state import has_unit, unit_id
from deploy.errors import Refused
from deploy.tenants.lifecycle.aws_refusals import code_of, told

_SCP: Final = "SERVICE_CONTROL_POLICY"
_THERE: Final = frozenset(
    {
        "DuplicateOrganizationalUnitException",
        "DuplicatePolicyAttachmentException",
        "DuplicatePolicyException",
        "NameAlreadyExistsException",
        "PolicyNotAttachedException",
        "PolicyTypeAlreadyEnabledException",
    }
)


@dataclass(frozen=True)
class Chosen:
    """``only``: beginnings of ids, all where there are none; ``accepted``: ids of dangerous changes that somebody read."""

    only: Sequence[str] = ()
    accepted: Sequence[str] = ()

    def refused(self, changes: Sequence[Change]) -> list[Change]:
        """Dangerous ones that nobody accepted."""
        return [one for one in changes if one.dangerous and one.id not in self.accepted]

    def of(self, changes: Sequence[Change]) -> list[Change]:
        """What is to be done. Raises Refused: change_unknown, change_dangerous."""
        done_here = [one for one in changes if one.act not in ("", "pool")]
        known = {one.id for one in done_here}
        strange = [one for one in self.accepted if one not in known]
        strange += [start for start in self.only if not any(one.startswith(start) for one in known)]
        if strange:
            raise Refused(
                "change_unknown",
                f"The plan has no change `{strange[0]}`.",
                "See `python -m deploy accounts plan --json` for ids.",
            )
        wanted = [one for one in done_here if not self.only or one.id.startswith(tuple(self.only))]
        unread = self.refused(wanted)
        if unread:
            raise Refused(
                "change_dangerous",
                f"{unread[0]}",
                f"Where that is meant, add --accept {unread[0].id}; leave it out with --only.",
            )
        return wanted


class OrganisationChanges:
    """``client`` is a boto3 Organizations client of the management account, ``cloudformation`` one of the StackSet's Region."""

    def __init__(
        self, client: Any, cloudformation: Any, organisation: Organisation, *, alarm_address: str = ""
    ) -> None:
        self._client = client
        self._cloudformation = cloudformation
        self._organisation = organisation
        self._alarm_address = alarm_address

    def do(self, change: Change) -> None:
        """One of them. Raises Refused and UnderWay as ``told``, and alarm_address_missing."""
        acts: Mapping[str, Callable[..., None]] = {
            "unit": self._unit,
            "policy": self._policy,
            "attachment": self._attach if change.kind == "add" else self._detach,
            "baseline": self._baseline,
        }
        try:
            with told():
                acts[change.act](*change.on)
        except ClientError as error:
            if code_of(error) not in _THERE:
                raise

    def _unit(self, path: str) -> None:
        parent, _, name = path.rpartition("/")
        if has_unit(self._client, path):
            return
        self._client.create_organizational_unit(ParentId=self._unit_id(parent), Name=name)

    def _policy(self, name: str) -> None:
        content = compact(policy(name, self._organisation))
        held = self._policy_ids().get(name)
        if held is not None:
            self._client.update_policy(PolicyId=held, Content=content)
            return
        self._client.create_policy(Name=name, Description=f"Fumibako: {name}", Content=content, Type=_SCP)

    def _attach(self, name: str, path: str) -> None:
        root = self._root()
        if not any(one["Type"] == _SCP and one["Status"] == "ENABLED" for one in root.get("PolicyTypes", [])):
            self._client.enable_policy_type(RootId=root["Id"], PolicyType=_SCP)
        self._client.attach_policy(PolicyId=self._policy_ids()[name], TargetId=self._unit_id(path))

    def _detach(self, name: str, path: str) -> None:
        self._client.detach_policy(PolicyId=self._policy_ids()[name], TargetId=self._unit_id(path))

    def _baseline(self, _account: str) -> None:
        """The StackSet with its units: AWS itself brings it to every account that is in one of them, now and later."""
        organisation = self._organisation
        try:
            self._cloudformation.describe_stack_set(StackSetName=organisation.baseline)
        except self._cloudformation.exceptions.StackSetNotFoundException:
            self._make_stack_set()
        units = [self._unit_id(path) for path in organisation.baseline_units]
        self._cloudformation.create_stack_instances(
            StackSetName=organisation.baseline,
            DeploymentTargets={"OrganizationalUnitIds": units},
            Regions=list(organisation.regions[:1]),
            OperationPreferences={"FailureToleranceCount": 0, "MaxConcurrentCount": 1},
        )

    def _make_stack_set(self) -> None:
        if not self._alarm_address:
            raise Refused(
                "alarm_address_missing",
                "The baseline tells somebody when a budget is used up.",
                "Name an address with --alarm-address.",
            )
        self._cloudformation.create_stack_set(
            StackSetName=self._organisation.baseline,
            Description="Fumibako: what every account begins with.",
            TemplateBody=json.dumps(json.loads((FOLDER / "baseline.json").read_text("utf-8")), separators=(",", ":")),
            Parameters=[{"ParameterKey": "AlarmAddress", "ParameterValue": self._alarm_address}],
            Capabilities=["CAPABILITY_NAMED_IAM"],
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
        )

    def _root(self) -> dict[str, Any]:
        return dict(self._client.list_roots()["Roots"][0])

    def _unit_id(self, path: str) -> str:
        return unit_id(self._client, path)

    def _policy_ids(self) -> dict[str, str]:
        pages = self._client.get_paginator("list_policies").paginate(Filter=_SCP)
        return {str(one["Name"]): str(one["Id"]) for page in pages for one in page["Policies"]}
