"""The role that requests of one tenant run under: its files, filled for a stage.

The files hold ``${Name}`` for what a stage decides; ``${aws:...}``, ``${*}`` and the like are IAM's own variables and stay.

Its trust names no function's role by ARN: IAM turns such a name into the role's inner id, and a role that was removed and made again would
be a stranger (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html). The path of the API functions' roles
says what they are.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from deploy.names import Named, prefix

FOLDER: Final = Path(__file__).resolve().parent
TAG: Final = "TenantId"
_PLACE: Final = re.compile(r"\$\{([A-Z][A-Za-z]*)\}")


def tenant_role_name(stage: Named) -> str:
    """``fumibako-<stage>-tenant``."""
    return f"{prefix(stage)}-tenant"


def tenant_role_arn(stage: Named) -> str:
    """What the setting tenant_role_arn says."""
    return f"arn:aws:iam::{stage.account}:role/{tenant_role_name(stage)}"


def api_role_path(stage_name: str) -> str:
    """The path of the API functions' roles; in a template ``stage_name`` is the reference to its parameter."""
    return f"/fumibako/{stage_name}/api/"


def role_permissions(places: Mapping[str, str]) -> dict[str, Any]:
    """The identity policy. ``places``: RecordsTableArn, WrappedKeysTableArn, BlobsBucketArn, SealKeyArn, RecordsKeyArn, WrappedKeysKeyArn,
    BlobsKeyArn, Region. Raises KeyError for a missing one.
    """
    return _filled("role_permissions.json", places)


def role_trust(account: str, stage_name: str) -> dict[str, Any]:
    """The trust policy: the API functions of this stage, each time for one tenant."""
    return _filled("role_trust.json", {"Account": account, "Stage": stage_name})


def assume_permissions(role_arn: str) -> dict[str, Any]:
    """The statement that an API function's own policy needs."""
    return {
        "Sid": "ActForOneTenant",
        "Effect": "Allow",
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Resource": role_arn,
    }


def placeholders() -> list[str]:
    """Every place that a stage fills in the permissions."""
    return sorted(set(_PLACE.findall((FOLDER / "role_permissions.json").read_text("utf-8"))))


def _filled(name: str, places: Mapping[str, str]) -> dict[str, Any]:
    text = _PLACE.sub(lambda found: places[found[1]], (FOLDER / name).read_text("utf-8"))
    return dict(json.loads(text))
