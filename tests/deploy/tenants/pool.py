"""A pooled account on paper: the role of the tenants with its real files, and calls asked of it."""

from collections.abc import Mapping
from typing import Any, Final

from deploy.tenants.calls import Place, asked
from deploy.tenants.policy.decision import Decision, Policies, Request, decide
from deploy.tenants.policy.grants import Caller
from deploy.tenants.policy.matching import Value
from deploy.tenants.role import TAG, role_permissions, role_trust

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-northeast-1"
RECORDS, WRAPPED, BUCKET, SEAL = "records", "wrapped-keys", "blobs", "0a1b2c3d-1111-4222-8333-444455556666"
PLACE: Final = Place(ACCOUNT, REGION)
ROLE_ARN: Final = f"arn:aws:iam::{ACCOUNT}:role/fumibako-prod-tenant"
API_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/fumibako/prod/api/transfers-ApiHandlerRole-1A2B"
PLACES: Final = {
    "RecordsTableArn": PLACE.table(RECORDS),
    "WrappedKeysTableArn": PLACE.table(WRAPPED),
    "BlobsBucketArn": PLACE.object(BUCKET),
    "SealKeyArn": PLACE.key(SEAL),
    "RecordsKeyArn": PLACE.key("records"),
    "WrappedKeysKeyArn": PLACE.key("wrapped"),
    "BlobsKeyArn": PLACE.key("blobs"),
    "Region": REGION,
}


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


def policies_of(service: str) -> Policies:
    """What applies to a tenant's session at a service."""
    own = (role_permissions(PLACES),)
    return Policies(own, (KEY_POLICY,), resource_decides=True) if service == "kms" else Policies(own)


def answers(
    service: str, operation: str, call: Mapping[str, Any], tenant: str | None = "acme", **more: Value
) -> list[Decision]:
    """What IAM says to everything that the call asks, from a session of ``tenant`` (None: one without the tag)."""
    caller = Caller(ROLE_ARN, f"arn:aws:sts::{ACCOUNT}:assumed-role/fumibako-prod-tenant/fumibako-{tenant}")
    tags: dict[str, Value] = {} if tenant is None else {f"aws:PrincipalTag/{TAG}": tenant}
    return [
        decide(Request(caller, one.action, one.resource, {**one.context, **tags, **more}), policies_of(service))
        for one in asked(service, operation, call, PLACE)
    ]


def allowed(service: str, operation: str, call: Mapping[str, Any], tenant: str | None = "acme", **more: Value) -> bool:
    """Whether the call is done: all that it asks is allowed."""
    return all(one.allowed for one in answers(service, operation, call, tenant, **more))


def may_assume(caller: str, call: Mapping[str, Any]) -> bool:
    """Whether the role's trust policy takes this AssumeRole, by a caller whose own policy allows everything."""
    own = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policies = Policies((own,), (role_trust(ACCOUNT, "prod"),), resource_decides=True)
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


def assume(tags: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """An AssumeRole of the tenants' role."""
    listed = [{"Key": name, "Value": value} for name, value in tags.items()]
    return {"RoleArn": ROLE_ARN, "RoleSessionName": "s", "Tags": listed, **more}
