"""What becomes of things when their stack goes."""

from aws_cdk import RemovalPolicy

from deploy.stage import Stage


def kept(stage: Stage) -> RemovalPolicy:
    """What holds data stays when its stack goes, unless the stage is one to throw away."""
    return RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY
