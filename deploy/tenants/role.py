"""The roles that requests of one tenant run under, one for each service: their files, filled for a stage.

What a role may stands beside the policies of its service's functions (deploy/policies/<service>/tenant.json), who may take it in role_trust.json
here. The files hold ``${Name}`` for what a stage decides; ``${aws:...}``, ``${*}`` and the like are IAM's own variables and stay.

The trust names no function's role by ARN: IAM turns such a name into the role's inner id, and a role that was removed and made again would
be a stranger (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). The path of an API function's role
says which service it is of.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.names import Named, prefix
from deploy.packaging.policies import tenant_statements

FOLDER: Final = Path(__file__).resolve().parent
TAG: Final = "TenantId"
# What CloudFormation calls it, in the files of deploy/policies.
_PARTITION: Final = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_PLACE: Final = re.compile(r"\$\{(AWS::[A-Za-z]+|[A-Z][A-Za-z]*)\}")


def tenant_role_name(stage: Named, service: str) -> str:
    """``fumibako-<stage>-<service>-tenant``."""
    return f"{prefix(stage)}-{service}-tenant"


def tenant_role_arn(stage: Named, service: str) -> str:
    """What the setting tenant_role_arn of the service's functions says."""
    return f"arn:aws:iam::{stage.account}:role/{tenant_role_name(stage, service)}"


def session_name(tenant: str) -> str:
    """What CloudTrail shows beside every call; the trust takes no other. As chalicelib.adapters.sts_tenant_sessions makes it."""
    return f"fumibako-{tenant}"


def role_permissions(service: str, places: Mapping[str, str]) -> dict[str, Any]:
    """The identity policy. ``places``: what ``placeholders`` names. Raises KeyError for a missing one."""
    document = {"Version": "2012-10-17", "Statement": tenant_statements(service)}
    return filled(document, places)


def role_trust(account: str, stage_name: str, service: str) -> dict[str, Any]:
    """The trust policy: the API function of this service and stage, each time for one tenant."""
    document = json.loads((FOLDER / "role_trust.json").read_text("utf-8"))
    return filled(document, {"Account": account, "Stage": stage_name, "Service": service})


def placeholders(service: str) -> list[str]:
    """Every place that a stage fills in the permissions."""
    return sorted(set(_PLACE.findall(json.dumps(tenant_statements(service)))) - _PARTITION.keys())


def filled(document: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """A policy document with its places filled. Raises KeyError for a missing one."""
    known = {**_PARTITION, **places}
    return dict(json.loads(_PLACE.sub(lambda found: known[found[1]], json.dumps(document))))
