"""Waves: which stages get a release after which others, read from deploy/pipeline/waves.toml."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from deploy.errors import Refused
from deploy.stage import STAGES, Stage, load_stage, stage_names

FILE: Final = Path(__file__).resolve().parent / "waves.toml"
# CodeBuild ends a build after eight hours (https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html).
LONGEST_BAKE: Final = 420
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
_RULES: Final = (
    ("account", r"\d{12}", "12 digits in quotes"),
    ("region", r"[a-z]{2}(-[a-z]+)+-\d", "a Region such as ap-northeast-1"),
    # A tag can be moved to another image, a digest can't.
    ("build_image", r"\S+@sha256:[0-9a-f]{64}", "an image by digest, never by tag"),
    (
        "connection_arn",
        r"arn:aws:code(?:connections|star-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}",
        "a connection's ARN",
    ),
    ("repository", r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+", "owner/name"),
    ("branch", r"[A-Za-z0-9._/-]+", "the name of a branch"),
    ("tell", r"[^@\s]+@[^@\s]+", "a mail address"),
)


class Wave(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Stages that get a release at once. ``bake_minutes``: 1 to LONGEST_BAKE."""

    name: str
    stages: tuple[str, ...]
    bake_minutes: int
    approval: bool


class Waves(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. ``conveyor``: who runs the verbs, and whom the accounts' roles trust therefore."""

    account: str
    region: str
    build_image: str
    connection_arn: str
    repository: str
    branch: str
    tell: str
    conveyor: Literal["codepipeline", "github"]
    waves: tuple[Wave, ...]

    def wave(self, name: str) -> Wave:
        """The wave of this name. Raises Refused("wave_unknown")."""
        for one in self.waves:
            if one.name == name:
                return one
        raise Refused(
            "wave_unknown", f"There is no wave `{name}`.", f"There are: {', '.join(one.name for one in self.waves)}."
        )

    def stages(self) -> list[str]:
        """Every stage, in the order of the waves."""
        return [stage for wave in self.waves for stage in wave.stages]


def load_waves(path: Path = FILE, stages: Path = STAGES) -> Waves:
    """The file, checked. Raises Refused("waves_wrong") with every fault that was found."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Waves)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _wrong(path, f"{error}.") from error
    faults = [*_faults(read, set(stage_names(stages)))]
    if faults:
        raise _wrong(path, " ".join(faults))
    return read


def stages_of(wave: Wave, only: str | None) -> list[str]:
    """The wave's stages, or that one of them. Raises Refused("stage_elsewhere")."""
    if only is None:
        return list(wave.stages)
    if only not in wave.stages:
        raise Refused(
            "stage_elsewhere", f"Stage `{only}` is not in wave `{wave.name}`.", f"It has: {', '.join(wave.stages)}."
        )
    return [only]


def by_account(waves: Waves, stages: Path = STAGES) -> dict[tuple[str, str], list[Stage]]:
    """(account, Region) -> its stages: each gets one stack of the pipeline's, with the account's one release role.

    Raises Refused("waves_wrong") where an account has stages in two Regions.
    """
    found: dict[tuple[str, str], list[Stage]] = {}
    for name in waves.stages():
        stage = load_stage(name, stages)
        found.setdefault((stage.account, stage.region), []).append(stage)
    several = sorted(one for one, many in Counter(account for account, _ in found).items() if many > 1)
    if several:
        raise Refused(
            "waves_wrong",
            f"Account {several[0]} has stages in two Regions, and one release role.",
            "Give each Region an account of its own.",
        )
    return found


def _faults(waves: Waves, known: set[str]) -> Iterator[str]:
    for name, pattern, meaning in _RULES:
        if not re.fullmatch(pattern, getattr(waves, name)):
            yield f"`{name}` is {meaning}."
    names, stages = [one.name for one in waves.waves], waves.stages()
    if not names or len(set(names)) != len(names) or not all(_NAME.fullmatch(name) for name in names):
        yield "`waves` is one or more, each with a name of its own of a-z, 0-9 and hyphens."
    if len(set(stages)) != len(stages):
        yield "A stage is in two waves."
    for name in sorted(set(stages) - known):
        yield f"There is no stage `{name}`."
    for wave in waves.waves:
        if not wave.stages:
            yield f"Wave `{wave.name}` has no stage."
        if not 1 <= wave.bake_minutes <= LONGEST_BAKE:
            yield f"Wave `{wave.name}` bakes for 1 to {LONGEST_BAKE} minutes."
        if any(name.startswith("prod") for name in wave.stages) and not wave.approval:
            yield f"Wave `{wave.name}` holds production and needs `approval = true`."


def _wrong(path: Path, what: str) -> Refused:
    return Refused("waves_wrong", f"{path.name}: {what}", "Correct it and run `python -m deploy pipeline show`.")
