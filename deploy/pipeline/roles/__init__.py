"""The roles of the pipeline: a file for each right and each trust, filled for an account."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).resolve().parent
RELEASE_ROLE: Final = "fumibako-release"
# What `cdk bootstrap` makes in an account; the qualifier is the CDK's default
# (https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html).
CDK_ROLES: Final = ("deploy", "file-publishing", "lookup")
_PLACE: Final = re.compile(r"\$\{([A-Z][A-Za-z]*)\}")


def pipeline_role(name: str) -> str:
    """Name of a role of the pipeline's own account: build, sign, bring, conveyor."""
    return f"fumibako-pipeline-{name}"


def filled(name: str, places: Mapping[str, str | Sequence[str]]) -> dict[str, Any]:
    """The document ``name``.json. A place that is a whole list takes a sequence. Raises KeyError for a missing one."""
    return dict(_fill(json.loads((FOLDER / f"{name}.json").read_text("utf-8")), places))


def cdk_role_arns(account: str, regions: Sequence[str]) -> list[str]:
    """The CDK's roles in these Regions of an account."""
    return [
        f"arn:aws:iam::{account}:role/cdk-hnb659fds-{kind}-role-{account}-{region}"
        for region in regions
        for kind in CDK_ROLES
    ]


def environment_subjects(repository: str, environments: Sequence[str]) -> list[str]:
    """What GitHub says of jobs in these environments of one repository.

    https://docs.github.com/en/actions/concepts/security/openid-connect: a job in an environment has this subject, a job of a fork's pull request gets no
    token, and a fork's own jobs have the fork's name.
    """
    return [f"repo:{repository}:environment:{name}" for name in environments]


def _fill(value: Any, places: Mapping[str, str | Sequence[str]]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(one, places) for name, one in value.items()}
    if isinstance(value, list):
        whole = _PLACE.fullmatch(value[0]) if len(value) == 1 and isinstance(value[0], str) else None
        return list(places[whole[1]]) if whole else [_fill(one, places) for one in value]
    return _PLACE.sub(lambda found: str(places[found[1]]), value) if isinstance(value, str) else value
