"""A pooled account on paper: the roles of the tenants with their real files, and calls asked of them."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.packaging.functions import functions_of
from deploy.packaging.policies import own_statements
from deploy.tenants.calls import Place, asked
from deploy.tenants.policy.decision import Decision, Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.policy.statement import Document
from deploy.tenants.role import TAG, filled, role_permissions, role_trust, session_name

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-northeast-1"
STAGE: Final = "prod"
RECORDS, WRAPPED, BUCKET, SEAL = "records", "wrapped-keys", "blobs", "0a1b2c3d-1111-4222-8333-444455556666"
PLACE: Final = Place(ACCOUNT, REGION)


def tenant_role(service: str, stage: str = STAGE) -> str:
    """ARN of the role of a service's tenants."""
    return f"arn:aws:iam::{ACCOUNT}:role/fumibako-{stage}-{service}-tenant"


def api_role(service: str, stage: str = STAGE) -> str:
    """ARN of the role of a service's API function, as CloudFormation names it."""
    return f"arn:aws:iam::{ACCOUNT}:role/fumibako/{stage}/api/{service}/{service}-ApiHandlerRole-1A2B"


def places(
    account: str, region: str, *, records: str, wrapped: str, bucket: str, keys: Mapping[str, str]
) -> dict[str, str]:
    """What fills a policy. ``keys``: ids of the keys that the product calls itself; those of the stores get names of their own."""
    place = Place(account, region)
    stores = {name: name for name in ("Records", "WrappedKeys", "Blobs", "Events")}
    named = stores | {use.capitalize(): key for use, key in keys.items()}
    return {
        "AWS::Region": region,
        "AWS::AccountId": account,
        "RecordsTable": records,
        "WrappedKeysTable": wrapped,
        "BlobsBucket": bucket,
        **{f"{name}KeyArn": place.key(key) for name, key in named.items()},
    }


PLACES: Final = places(
    ACCOUNT, REGION, records=RECORDS, wrapped=WRAPPED, bucket=BUCKET, keys={"seal": SEAL, "mac": "mac"}
)


def function_policy(service: str, filling: Mapping[str, str]) -> dict[str, Any]:
    """The policy of a service's API function where tenants share an account."""
    (api,) = [one for one in functions_of(service) if one.kind == "api"]
    return filled({"Version": "2012-10-17", "Statement": own_statements(api, delivery="pooled")}, filling)


# As the key's own policy is: it leaves to the account's policies who may.
KEY_POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "*",
        }
    ],
}


def policies_of(role: Document, aws_service: str) -> Policies:
    """What applies to a session of a role at a service of AWS."""
    return Policies((role,), (KEY_POLICY,), resource_decides=True) if aws_service == "kms" else Policies((role,))


def answers(
    service: str,
    aws_service: str,
    operation: str,
    call: Mapping[str, Any],
    *,
    tenant: str | None = "acme",
    role: Document | None = None,
    **more: Value,
) -> list[Decision]:
    """What IAM says to everything that the call asks, from a session of ``tenant`` (None: one without the tag) in the role of ``service``.

    ``role``: its policy, where another than the real one is asked.
    """
    arn = tenant_role(service)
    caller = Caller(arn, f"arn:aws:sts::{ACCOUNT}:assumed-role/{arn.rpartition('/')[2]}/fumibako-{tenant}")
    tags: dict[str, Value] = {} if tenant is None else {f"aws:PrincipalTag/{TAG}": tenant}
    policies = policies_of(role or role_permissions(service, PLACES), aws_service)
    return [
        decide(Request(caller, one.action, one.resource, {**one.context, **tags, **more}), policies)
        for one in asked(aws_service, operation, call, PLACE)
    ]


def allowed(
    service: str,
    aws_service: str,
    operation: str,
    call: Mapping[str, Any],
    *,
    tenant: str | None = "acme",
    role: Document | None = None,
    **more: Value,
) -> bool:
    """Whether the call is done: all that it asks is allowed."""
    return all(one.allowed for one in answers(service, aws_service, operation, call, tenant=tenant, role=role, **more))


def may_assume(service: str, caller: str, call: Mapping[str, Any], *, trust: Document | None = None) -> bool:
    """Whether the trust of the role of ``service`` takes this AssumeRole, by a caller whose own policy allows everything."""
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policies = Policies((own,), (trust or role_trust(ACCOUNT, STAGE, service),), resource_decides=True)
    return all(
        decide(
            Request(
                Caller(caller, caller + "/s"), one.action, one.resource, {**one.context, "aws:PrincipalArn": caller}
            ),
            policies,
        ).allowed
        for one in asked("sts", "AssumeRole", call, PLACE)
    )


def key(pk: str, sk: str = "head") -> dict[str, Any]:
    """Key attributes."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def item(pk: str, sk: str = "head") -> dict[str, Any]:
    """A whole item."""
    return {**key(pk, sk), "v": {"N": "1"}, "b": {"S": "{}"}}


def query(pk: str, **more: Any) -> dict[str, Any]:
    """A query as PynamoDB writes it."""
    return {
        "TableName": RECORDS,
        "KeyConditionExpression": "#0 = :0",
        "ExpressionAttributeNames": {"#0": "pk"},
        "ExpressionAttributeValues": {":0": {"S": pk}},
        **more,
    }


def assume(service: str, tags: Mapping[str, str], *, name: str | None = None, **more: Any) -> dict[str, Any]:
    """An AssumeRole of the role of a service's tenants, under the name that belongs to the tag or under another."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {
        "RoleArn": tenant_role(service),
        "RoleSessionName": session_name(tags.get(TAG, "acme")) if name is None else name,
        "Tags": listed,
        **more,
    }
