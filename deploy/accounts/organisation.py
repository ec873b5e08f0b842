"""The organisation as the files say it is meant to be, and the policies with the Regions filled in."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused

FOLDER: Final = Path(__file__).resolve().parent
# AWS's own policy, which every unit needs: a deny list takes away from it.
FULL: Final = "FullAWSAccess"
# Of the organisation (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
MOST_A_UNIT: Final = 5
MOST_CHARACTERS: Final = 5_120


@dataclass(frozen=True)
class Organisation:
    """``units``: path ("" is the root, "customers/prod" below "customers") -> names of its policies, in order."""

    pool_at_least: int
    regions: tuple[str, ...]
    baseline: str
    baseline_units: tuple[str, ...]
    cost_tag: str
    units: Mapping[str, tuple[str, ...]]

    @property
    def policies(self) -> list[str]:
        """Every policy of ours that some unit has."""
        return sorted({name for names in self.units.values() for name in names} - {FULL})


def load_organisation(path: Path = FOLDER / "organisation.toml") -> Organisation:
    """Raises Refused("organisation_wrong") with everything that is wrong."""
    raw = tomllib.loads(path.read_text("utf-8"))
    units = {name: tuple(policies) for name, policies in raw["units"].items()}
    made = Organisation(
        int(raw["pool_at_least"]),
        tuple(raw["regions"]),
        str(raw["baseline"]),
        tuple(raw["baseline_units"]),
        str(raw["cost_tag"]),
        units,
    )
    faults = [*_faults_of_units(made), *(f"`{unit}` is no unit." for unit in made.baseline_units if unit not in units)]
    if faults:
        raise Refused("organisation_wrong", " ".join(faults), f"Correct {path.name}.")
    return made


def policy(name: str, organisation: Organisation) -> dict[str, Any]:
    """One policy's document. Raises Refused("policy_unknown")."""
    path = FOLDER / "scps" / f"{name}.json"
    if not path.is_file():
        raise Refused("policy_unknown", f"There is no policy `{name}`.", f"Write scps/{name}.json.")
    listed = ", ".join(json.dumps(region) for region in organisation.regions)
    return dict(json.loads(path.read_text("utf-8").replace('"${Regions}"', listed)))


def levels(organisation: Organisation, unit: str) -> list[list[str]]:
    """Names of the policies on the way from the root to a unit: each level must allow, any may deny."""
    steps = [part for part in unit.split("/") if part]
    paths = ["", *("/".join(steps[: depth + 1]) for depth in range(len(steps)))]
    return [list(organisation.units[path]) for path in paths]


def compact(document: Mapping[str, Any]) -> str:
    """As it is sent: white space counts towards the quota."""
    return json.dumps(document, separators=(",", ":"))


def _faults_of_units(made: Organisation) -> list[str]:
    faults = []
    for unit, names in made.units.items():
        parent = unit.rpartition("/")[0]
        if parent not in made.units:
            faults.append(f"Unit `{unit}` has no parent `{parent}`.")
        if len(names) > MOST_A_UNIT:
            faults.append(f"Unit `{unit}` has {len(names)} policies; AWS takes {MOST_A_UNIT}.")
        if FULL not in names:
            faults.append(f"Unit `{unit}` lacks {FULL}: nothing would be allowed there.")
    absent = [name for name in made.policies if not (FOLDER / "scps" / f"{name}.json").is_file()]
    return faults + [f"There is no policy `{name}`." for name in absent]
