"""What an example is that AWS's own documentation works out, with the answer that it gives, and the parts to write one."""

from dataclasses import dataclass
from typing import Any

from deploy.tenants.policy.decision import Policies, Request, Verdict
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
ORGANISATIONS = "https://docs.aws.amazon.com/organizations/latest/userguide/"
DYNAMODB = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
ANA = Caller(arn="arn:aws:iam::111122223333:user/ana")
ROLE = Caller(arn="arn:aws:iam::111122223333:role/work", session="arn:aws:sts::111122223333:assumed-role/work/now")


@dataclass(frozen=True)
class Example:
    """A request, what applies to it, and AWS's answer."""

    name: str
    page: str
    request: Request
    policies: Policies
    verdict: Verdict


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def ask(action: str, resource: str = "*", caller: Caller = ANA, *, owner: str = "", **context: Value) -> Request:
    return Request(caller, action, resource, {name.replace("__", ":"): value for name, value in context.items()}, owner)


def with_keys(request: Request, context: dict[str, Value]) -> Request:
    return Request(request.caller, request.action, request.resource, context, request.owner)
