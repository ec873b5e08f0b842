"""Keys, tables, buckets, topic and queues in the emulator: from the synthesized templates of the stage `box`, less what the emulator does not know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy import names
from deploy.box import cloudformation
from deploy.box.emulator import Emulator
from deploy.box.templates import divided
from deploy.stage import Stage
from deploy.tenants.role import role_trust, tenant_role_name

LIFECYCLES: Final = ("keys", "data", "blobs", "messaging")
CODE_BUCKET: Final = "fumibako-box-code"


@dataclass(frozen=True)
class Infrastructure:
    """``shared``: what the stacks told each other, by names of deploy.names.PARAMETERS. ``made`` and ``left_out`` count types of resources."""

    shared: Mapping[str, str]
    made: Mapping[str, int]
    left_out: Mapping[str, int]


def deploy_infrastructure(emulator: Emulator, stage: Stage, folder: Path) -> Infrastructure:
    """Synthesize and deploy the lifecycles that keep or carry anything. Raises Refused("stack_failed")."""
    # CDK needs seconds to be imported: whoever only asks for help should not wait for it.
    from deploy.app import synthesize  # noqa: PLC0415

    assembly = synthesize(stage, folder / "assembly", lifecycles=LIFECYCLES)
    client, store = emulator.client("cloudformation"), emulator.client("s3")
    store.create_bucket(Bucket=CODE_BUCKET)
    made: dict[str, int] = {}
    left_out: dict[str, int] = {}
    for lifecycle in LIFECYCLES:
        name = names.stack(stage, lifecycle)
        template: dict[str, Any] = json.loads((assembly / f"{name}.template.json").read_text("utf-8"))
        known, unknown = divided(template)
        cloudformation.deploy(client, name, json.dumps(known), {}, store=store, bucket=CODE_BUCKET)
        _count(made, known["Resources"])
        _count(left_out, unknown)
    _open_bucket(store, stage, emulator.public_url)
    # Who mail comes from is verified once for an account, with records in its DNS.
    emulator.client("sesv2").create_email_identity(EmailIdentity=stage.mail_sender)
    for service in names.SERVICES:
        # Their policies would not be asked for anything: the emulator gives every role all rights.
        emulator.client("iam").create_role(
            RoleName=tenant_role_name(stage, service),
            AssumeRolePolicyDocument=json.dumps(role_trust(stage.account, stage.name, service)),
        )
    return Infrastructure(_shared(emulator, stage), made, left_out)


def _count(counted: dict[str, int], resources: Mapping[str, Any]) -> None:
    for one in resources.values():
        counted[one["Type"]] = counted.get(one["Type"], 0) + 1


def _open_bucket(store: Any, stage: Stage, origin: str) -> None:
    """The box's page has an address on this machine: the bucket's own CORS rule, with that origin in place of the stage's."""
    bucket = names.blobs_bucket(stage)
    rules = store.get_bucket_cors(Bucket=bucket)["CORSRules"]
    changed = [{**rule, "AllowedOrigins": [origin]} for rule in rules]
    store.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": changed})


def _shared(emulator: Emulator, stage: Stage) -> dict[str, str]:
    prefix = f"/fumibako/{stage.name}/"
    pages = emulator.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=prefix)
    return {one["Name"].removeprefix(prefix): one["Value"] for page in pages for one in page["Parameters"]}
