"""The CDK app of one stage: every lifecycle whose stack is written, in order. Synth needs no account and no network.

A stack is `deploy/stacks/<lifecycle>.py` with the class `<Lifecycle>Stack(scope, id, *, stage, **kwargs)`. Its ``NEEDS`` names the lifecycles
that must be deployed before it, because it reads their parameters.
"""

import importlib
import importlib.util
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import aws_cdk as cdk

from deploy.names import KEEPING, LIFECYCLES, stack
from deploy.stage import Stage

# Stacks that a stage may go without, and the setting that says so.
_SWITCHES: Final = {"scanner": "scanner", "downloads": "compatible_downloads"}


def build(stage: Stage, outdir: Path, *, lifecycles: Sequence[str] | None = None) -> cdk.App:
    """The app with these lifecycles (all where None). Nothing is written before ``synth``, but what an earlier one left is taken away."""
    # The library's process may have begun in another folder.
    outdir = outdir.resolve()
    if (outdir / "cdk.out").is_file():
        shutil.rmtree(outdir)
    # No metadata of versions: it would change templates whenever the library does.
    app = cdk.App(outdir=str(outdir), analytics_reporting=False, tree_metadata=False)
    made: dict[str, cdk.Stack] = {}
    for lifecycle in written() if lifecycles is None else lifecycles:
        kind = stack_class(lifecycle)
        if not getattr(stage, _SWITCHES.get(lifecycle, ""), True):
            continue
        made[lifecycle] = kind(
            app,
            stack(stage, lifecycle),
            stage=stage,
            env=cdk.Environment(account=stage.account, region=stage.region),
            description=f"Fumibako {stage.name}: {lifecycle}",
            termination_protection=stage.protected and lifecycle in KEEPING,
            # The rule would need a parameter of the bootstrap stack in every template; the CDK command checks it anyway.
            synthesizer=cdk.DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        cdk.Tags.of(made[lifecycle]).add("fumibako:stage", stage.name)
        cdk.Tags.of(made[lifecycle]).add("fumibako:lifecycle", lifecycle)
        if stage.ends:
            # By it `preview sweep` knows what it may delete.
            cdk.Tags.of(made[lifecycle]).add("fumibako:ends", stage.ends)
    for lifecycle, one in made.items():
        for needed in getattr(stack_class(lifecycle), "NEEDS", ()):
            if needed in made:
                one.add_stack_dependency(made[needed])
    return app


def synthesize(stage: Stage, outdir: Path, *, lifecycles: Sequence[str] | None = None) -> Path:
    """Write the cloud assembly of the stage: `<stack>.template.json` for each stack, `manifest.json`. Gives the folder."""
    build(stage, outdir, lifecycles=lifecycles).synth()
    return outdir


def written() -> list[str]:
    """Lifecycles that have a stack, in the order of deployment."""
    return [name for name in LIFECYCLES if importlib.util.find_spec(f"deploy.stacks.{name}") is not None]


def stack_class(lifecycle: str) -> Callable[..., cdk.Stack]:
    """The class of a lifecycle's stack."""
    module = importlib.import_module(f"deploy.stacks.{lifecycle}")
    found: Callable[..., cdk.Stack] = getattr(module, f"{lifecycle.capitalize()}Stack")
    return found
