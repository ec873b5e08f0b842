"""The shell lines of each step: verbs of this tree, the same in CodeBuild and in GitHub Actions."""

from collections.abc import Sequence
from typing import Final

from deploy.pipeline.roles import RELEASE_ROLE
from deploy.pipeline.waves import Wave, Waves
from deploy.stage import Stage

RELEASE: Final = "build/release"
KEY: Final = "build/release-key.pem"
_PYTHON: Final = ".venv/bin/python -m deploy"


def build_lines(waves: Waves) -> list[str]:
    """Tests, then everything that is deployed, once."""
    stages = waves.stages()
    return [
        "make test page",
        f"{_PYTHON} package",
        f"{_PYTHON} image --page web/build/page",
        *(f"{_PYTHON} synth --stage {stage}" for stage in stages),
        f"{_PYTHON} sbom",
        # One folder is handed on; wheels and staging stay.
        "mkdir -p out/image && cp build/image/fumibako*.tar out/image/",
        "cp -r build/packages build/assembly build/sbom web/build/page out/",
    ]


def sign_lines(waves: Waves, signer: str) -> list[str]:
    """The built folder lies in ``built``, outside what git looks at."""
    stages = " ".join(f"--stage {stage}" for stage in waves.stages())
    return [
        "make venv",
        f"{_PYTHON} sign --build build/built --page build/built/page --out {RELEASE} {stages} --signer {signer}",
    ]


def profile_lines(stages: Sequence[Stage]) -> list[str]:
    """A profile for each stage's account: the SDK and the CDK command both renew it while the step runs."""
    lines = ["mkdir -p ~/.aws"]
    for stage in stages:
        role = f"arn:aws:iam::{stage.account}:role/{RELEASE_ROLE}"
        told = f"[profile {stage.name}]\\nrole_arn = {role}\\ncredential_source = EcsContainer\\nregion = {stage.region}\\n"
        lines.append(f"printf '{told}' >> ~/.aws/config")
    return lines


def bring_lines(stage: Stage, signer: str) -> list[str]:
    """One stage gets the release."""
    return [
        "make venv cdk",
        *profile_lines([stage]),
        f"{_PYTHON} pipeline key --signer {signer} --out {KEY}",
        f"{_PYTHON} pipeline bring --stage {stage.name} --release {RELEASE} --key {KEY} --profile {stage.name}",
    ]


def bake_lines(wave: Wave, stages: Sequence[Stage], signer: str) -> list[str]:
    """The watch over a wave."""
    return [
        "make venv cdk",
        *profile_lines(stages),
        f"{_PYTHON} pipeline key --signer {signer} --out {KEY}",
        f"{_PYTHON} pipeline bake --wave {wave.name} --release {RELEASE} --key {KEY} --profile-per-stage",
    ]
