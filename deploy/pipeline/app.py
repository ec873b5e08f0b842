"""The stacks of the pipeline: its own, and one for each account that its waves reach. Synth needs no account."""

from pathlib import Path
from typing import Final

import aws_cdk as cdk
import cdk_nag

from deploy.pipeline.account_stack import AccountStack
from deploy.pipeline.signing_stack import SigningStack
from deploy.pipeline.stack import PipelineStack
from deploy.pipeline.waves import Waves, by_account
from deploy.stacks.findings import Finding, violations

STACK: Final = "fumibako-pipeline"
# Access logs come by the bucket's policy; the CDK's older way needs access control lists.
_FLAGS: Final = {"@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True}


def account_stack_name(account: str, region: str) -> str:
    """``fumibako-release-<account>-<region>``."""
    return f"fumibako-release-{account}-{region}"


def synthesize_pipeline(waves: Waves, outdir: Path) -> list[Finding]:
    """Write the templates into ``outdir``; gives what cdk-nag finds beyond what is accepted."""
    app = cdk.App(outdir=str(outdir.resolve()), analytics_reporting=False, tree_metadata=False, context=_FLAGS)
    made: list[cdk.Stack] = []
    if waves.conveyor == "codepipeline":
        made.append(PipelineStack(app, STACK, waves=waves, **_common(waves.account, waves.region, "the pipeline")))
    else:
        made.append(
            SigningStack(app, f"{STACK}-signing", waves=waves, **_common(waves.account, waves.region, "signs releases"))
        )
    for (account, region), stages in sorted(by_account(waves).items()):
        name = account_stack_name(account, region)
        told = f"releases for {', '.join(one.name for one in stages)}"
        made.append(AccountStack(app, name, stages=stages, waves=waves, **_common(account, region, told)))
    for one in made:
        cdk.Tags.of(one).add("fumibako:lifecycle", "pipeline")
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        # Templates and report are written before the library fails.
        if "ValidationFailed" not in str(error):
            raise
    return violations(outdir)


def _common(account: str, region: str, told: str) -> dict[str, object]:
    return {
        "env": cdk.Environment(account=account, region=region),
        "description": f"Fumibako: {told}",
        "termination_protection": True,
        "synthesizer": cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
    }
