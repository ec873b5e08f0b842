"""An AWS account under moto in which the model of IAM guards what tenants' sessions do.

moto decides nothing by policies. Every call that any client makes goes through here first: where its access key belongs to a session of the
tenants' role, each thing that it asks of IAM is decided by the role's real policy, and a refusal is AWS's own AccessDenied.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chalicelib.use_cases.acting_tenant import acting_tenant
from deploy.tenants.calls import Asked, Place, asked
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.policy.statement import Document, statements
from deploy.tenants.role import TAG


@dataclass(frozen=True)
class Call:
    """One API call. ``tenant`` is whose session made it, empty for the process itself; ``acting`` for whom the request acted."""

    tenant: str
    acting: str
    service: str
    operation: str
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass
class GuardedAccount:
    """``calls`` grows; ``refused`` has what IAM denied, ``used`` the (statement, action) pairs that allowed something."""

    place: Place
    role: str
    permissions: Document
    calls: list[Call] = field(default_factory=list)
    refused: list[Asked] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    tenants: dict[str, str] = field(default_factory=dict)

    def see(self, client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> None:
        """Before a call. Raises ClientError("AccessDenied") as IAM would."""
        service = client.meta.service_model.service_name
        tenant = self.tenants.get(client._request_signer._credentials.access_key, "")
        self.calls.append(Call(tenant, acting_tenant() or "", service, operation, parameters))
        if tenant:
            self.require(tenant, service, operation, parameters)

    def saw(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """After a call: whose a new session is."""
        if operation == "AssumeRole" and parameters["RoleArn"] == self.role:
            tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
            self.tenants[answer["Credentials"]["AccessKeyId"]] = tags[TAG]

    def require(self, tenant: str, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raises ClientError("AccessDenied") unless the tenant's session may."""
        caller = Caller(self.role, f"{self.role}/fumibako-{tenant}")
        for one in asked(service, operation, parameters, self.place):
            context: dict[str, Value] = {**one.context, f"aws:PrincipalTag/{TAG}": tenant}
            request = Request(caller, one.action, one.resource, context)
            if not decide(request, Policies((self.permissions,))).allowed:
                self.refused.append(one)
                raise ClientError(
                    {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, operation
                )
            lowered = {key.lower(): value for key, value in context.items()}
            for found in statements((self.permissions,)):
                if found.speaks_of(one.action, one.resource, lowered):
                    self.used.add((found.name, one.action))

    def of(self, tenant: str) -> list[Call]:
        """The calls that this tenant's sessions made."""
        return [call for call in self.calls if call.tenant == tenant]


@contextmanager
def guarded(account: GuardedAccount) -> Iterator[GuardedAccount]:
    """Every botocore client goes through ``account`` inside the block."""
    real = BaseClient._make_api_call

    def call(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        account.see(client, operation, parameters)
        answer = real(client, operation, parameters)
        account.saw(operation, parameters, answer)
        return answer

    with mock.patch.object(BaseClient, "_make_api_call", call):
        yield account
