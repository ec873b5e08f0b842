"""The load model: what a day of transfers asks of every quota, from a recorded story, and the day at which each is met.

Transfers come in office hours: the busiest second has four times the day's average. That is an assumption; whoever knows the own curve puts the own factor in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.cost.durations import COLD_SECONDS, function_seconds
from deploy.cost.quotas import Quota
from deploy.cost.recording import Recording

DAY_SECONDS: Final = 86_400
PEAK: Final = 4
# A process serves requests for a while: one start in so many invocations at load. Lambda gives no number; a hundred is on the low side for steady load.
STARTS_IN: Final = 100
_SIGN_INS: Final = 1
# The first look of the sweeper, certificates, audit and the rest: runs a minute of all schedules.
_RUNS_A_SECOND: Final = 4.3 / 60


@dataclass(frozen=True)
class Met:
    """What one transfer uses of a quota; ``at_peak``: what a day of ``transfers`` uses of it; ``met_at``: transfers a day at which it is full, None for never."""

    quota: Quota
    each: float
    at_peak: float
    met_at: float | None


def met(quota: Quota, found: Recording, transfers: int) -> Met:
    """One quota under a day of so many transfers."""
    each = USES[quota.use](found) / found.story.transfers
    factor = _factor(quota)
    at_peak = transfers * each * factor + (_RUNS_A_SECOND if quota.use == "scheduled_runs" else 0)
    return Met(quota, each, at_peak, quota.limit / (each * factor) if each else None)


def _factor(quota: Quota) -> float:
    """From a day's transfers to what counts against the quota."""
    if quota.unit.endswith("a day"):
        return 1.0
    return (1 if quota.of_a_day else PEAK) / DAY_SECONDS


def _operations(*names: str) -> Callable[[Recording], float]:
    return lambda found: sum(found.operations.get(name, 0) for name in names)


def _executions(found: Recording) -> float:
    """Seconds of all functions, warm but for one start in STARTS_IN."""
    invocations = sum(one.count for one in found.invocations.values())
    return sum(function_seconds(found).values()) + invocations / STARTS_IN * COLD_SECONDS


def _in_flight(found: Recording) -> float:
    """Seconds for which messages of the busiest queue are out."""
    waits = [
        seconds
        for name, seconds in function_seconds(found).items()
        if name.endswith("-on_events") and name in found.invocations
    ]
    return max(waits)


def _requests_of(found: Recording, service: str) -> float:
    return found.invocations[f"fumibako-{service}-box-api_handler"].count


USES: Final[Mapping[str, Callable[[Recording], float]]] = {
    "executions": _executions,
    "api_requests": lambda found: found.api_requests.requests,
    "transfers_requests": lambda found: _requests_of(found, "transfers"),
    "write_units": lambda found: found.units.write,
    "read_units": lambda found: found.units.read,
    "s3_writes": _operations(
        "s3:UploadPart", "s3:CreateMultipartUpload", "s3:CompleteMultipartUpload", "s3:DeleteObjects", "s3:PutObject"
    ),
    "s3_reads": _operations(
        "s3:GetObject", "s3:HeadObject", "s3:ListObjectVersions", "s3:ListMultipartUploads", "s3:ListParts"
    ),
    "kms_symmetric": _operations("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateMac"),
    "kms_curves": _operations("kms:Sign", "kms:GetPublicKey"),
    "mails": _operations("ses:SendEmail"),
    "messages": lambda found: found.items.get("sns:PublishBatch", 0),
    "in_flight": _in_flight,
    "assumed_roles": lambda found: sum(one.count for one in found.invocations.values()) / STARTS_IN,
    "sign_ins": lambda found: _SIGN_INS * found.story.transfers,
    "scheduled_runs": lambda _: 0,
    "scans": lambda found: found.story.transfers,
}
