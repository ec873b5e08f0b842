"""Findings of the checkers that are accepted: on one resource, for a reason, with the test that covers the risk.

They stand in the template itself, under the resource's ``Metadata.Accepted``, so that whoever reads it sees them, and there they are counted.
"""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import CfnResource
from constructs import Construct

KEY: Final = "Accepted"


def accept(scope: Construct, rule: str, *, reason: str, test: str) -> None:
    """Accept one rule (``AwsSolutions-...`` of cdk-nag, ``CKV...`` of checkov) on one resource, or on the one that a construct stands for.

    ``test`` is ``<path of a test file>::<name of the test>``; a test checks that it is there. Raises TypeError for a stack or an app.
    """
    resource = scope if isinstance(scope, CfnResource) else scope.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError("Only a resource takes an acceptance, never a stack or an app.")
    held: list[dict[str, str]] = [*(resource.get_metadata(KEY) or []), {"Rule": rule, "Reason": reason, "Test": test}]
    resource.add_metadata(KEY, held)
    if rule.startswith("CKV"):
        skipped = [{"id": each["Rule"], "comment": each["Reason"]} for each in held if each["Rule"].startswith("CKV")]
        resource.add_metadata("checkov", {"skip": skipped})
    else:
        cdk.Validations.of(resource).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def accepted_in(template: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    """(logical id, acceptance) of a synthesized template."""
    return [
        (logical_id, acceptance)
        for logical_id, resource in sorted(template.get("Resources", {}).items())
        for acceptance in resource.get("Metadata", {}).get(KEY, [])
    ]
