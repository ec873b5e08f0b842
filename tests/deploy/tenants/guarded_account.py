"""An AWS account under moto in which the model of IAM guards what API functions and tenants' sessions do.

moto decides nothing by policies. Every call that any client makes goes through here first. Where its access key belongs to a session of a role of
the tenants, each thing that it asks of IAM is decided by that role's real policy; where it is the process's own and a service serves a request, by
the real policy of that service's API function, and an AssumeRole by the role's trust too. A refusal is AWS's own AccessDenied.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.use_cases.acting_tenant import acting_tenant
from deploy.tenants.calls import Asked, Place, asked
from deploy.tenants.policy.decision import Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.policy.statement import Document
from deploy.tenants.role import TAG, session_name

_serving: ContextVar[str] = ContextVar("serving", default="")
# What the model of calls leaves out; dead letters lie in queues, which know no tenants.
_NOT_MODELLED = frozenset(("sqs", "sns", "sesv2"))


@dataclass(frozen=True)
class Rights:
    """Of one service: the API function's role and policy, the role of its tenants, its policy and its trust."""

    function: str
    own: Document
    role: str
    tenants: Document
    trust: Document


@dataclass(frozen=True)
class Call:
    """One API call. ``tenant`` is whose session made it, empty for the process itself; ``acting`` for whom the request acted; ``serving`` the service
    whose request it was, empty outside requests.
    """

    tenant: str
    acting: str
    serving: str
    service: str
    operation: str
    parameters: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass
class GuardedAccount:
    """``rights`` by service. ``calls`` grows; ``refused`` has what IAM denied."""

    place: Place
    rights: Mapping[str, Rights]
    calls: list[Call] = field(default_factory=list)
    refused: list[tuple[str, Asked]] = field(default_factory=list)
    # Access key -> (service, tenant).
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)

    def see(self, client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> None:
        """Before a call. Raises ClientError("AccessDenied") as IAM would."""
        service, serving = client.meta.service_model.service_name, _serving.get()
        ours, tenant = self.sessions.get(client._request_signer._credentials.access_key, ("", ""))
        self.calls.append(Call(tenant, acting_tenant() or "", serving, service, operation, parameters))
        if tenant:
            self.require(ours, tenant, service, operation, parameters)
        elif serving and service not in _NOT_MODELLED:
            self._require_of_function(serving, service, operation, parameters)

    def saw(self, operation: str, parameters: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """After a call: whose a new session is."""
        if operation == "AssumeRole":
            (ours,) = [name for name, one in self.rights.items() if one.role == parameters["RoleArn"]]
            tags = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
            self.sessions[answer["Credentials"]["AccessKeyId"]] = ours, tags[TAG]

    def require(self, ours: str, tenant: str, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        """Raises ClientError("AccessDenied") unless the tenant's session, of the role of service ``ours``, may."""
        rights = self.rights[ours]
        caller = Caller(rights.role, f"{rights.role}/{session_name(tenant)}")
        for one in asked(service, operation, parameters, self.place):
            self._decide(ours, caller, one, {f"aws:PrincipalTag/{TAG}": tenant}, Policies((rights.tenants,)))

    def _require_of_function(self, ours: str, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        rights = self.rights[ours]
        policies = Policies((rights.own,))
        if service == "sts":
            policies = Policies((rights.own,), (rights.trust,), resource_decides=True)
        for one in asked(service, operation, parameters, self.place):
            self._decide(ours, Caller(rights.function), one, {"aws:PrincipalArn": rights.function}, policies)

    def _decide(self, ours: str, caller: Caller, one: Asked, more: Mapping[str, Value], policies: Policies) -> None:
        request = Request(caller, one.action, one.resource, {**one.context, **more})
        if not decide(request, policies).allowed:
            self.refused.append((ours, one))
            raise ClientError(
                {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, one.action
            )


@contextmanager
def guarded(account: GuardedAccount) -> Iterator[GuardedAccount]:
    """Every botocore client goes through ``account`` inside the block, and every app says when it serves."""
    real, serve = BaseClient._make_api_call, FumibakoApp.__call__

    def call(client: BaseClient, operation: str, parameters: Mapping[str, Any]) -> Any:
        account.see(client, operation, parameters)
        answer = real(client, operation, parameters)
        account.saw(operation, parameters, answer)
        return answer

    def serves(app: FumibakoApp, event: Any, context: Any) -> Any:
        token = _serving.set(app.app_name)
        try:
            return serve(app, event, context)
        finally:
            _serving.reset(token)

    with (
        mock.patch.object(BaseClient, "_make_api_call", call),
        mock.patch.object(FumibakoApp, "__call__", serves),
    ):
        yield account
