"""How stacks find each other: one writes an SSM parameter, the others read it when they are deployed. No exports, no imports."""

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from deploy.names import PARAMETERS, parameter
from deploy.stage import Stage


def tell(scope: Construct, stage: Stage, name: str, value: str) -> None:
    """Write a shared parameter. It is no secret: ARNs, ids and addresses alone."""
    ssm.CfnParameter(
        scope,
        f"Tell-{name}",
        type="String",
        name=parameter(stage, name),
        value=value,
        description=f"Fumibako {stage.name}: {PARAMETERS[name]}.",
    )


def ask(scope: Construct, stage: Stage, name: str) -> str:
    """The value of a shared parameter at the time of the deployment; CloudFormation reads it, so synth stays offline."""
    return ssm.StringParameter.value_for_string_parameter(scope, parameter(stage, name))
