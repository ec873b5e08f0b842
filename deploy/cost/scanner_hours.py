"""How long scanner containers run for transfers that come in by chance: they stay for a quarter of an hour after the last one, and that is most of what they cost.

Transfers that come evenly by chance (Poisson, rate r an hour), each holding its container for T hours: one runs for the share 1 - exp(-r T) of the time (the busy
share of an M/D/infinity queue). Office hours alone make it cheaper, an even spread over the whole month is the dearest. When scans themselves fill containers,
the time of the scans counts instead.
"""

import math
from typing import Final

from deploy.cost.idle import TASK_FIGURES
from deploy.cost.lines import HOURS, Line

# As deploy/stacks/scanner.py has them, which brings CDK in; a test holds the two together.
CPU: Final = 1_024
MEMORY_MB: Final = 4_096
IDLE_MINUTES: Final = 15
# From the queue's first message: image, signatures and loading them (docs/cloud/scanner.md) [P cost-bill].
START_MINUTES: Final = 3.0
# clamd over 100 MB, opened on the way: 5 s; a file above 100,000,000 bytes is not scanned.
SCAN_SECONDS: Final = 5.0
# A container does two at once (deploy/stacks/scanner.py).
AT_ONCE: Final = 2


def container_hours(transfers: float) -> float:
    """Hours of containers in a month with so many transfers, spread evenly by chance."""
    held = (START_MINUTES + IDLE_MINUTES) / 60 + SCAN_SECONDS / 3_600
    busy = HOURS * (1 - math.exp(-transfers / HOURS * held))
    return max(busy, transfers * SCAN_SECONDS / 3_600 / AT_ONCE)


def scanner_lines(transfers: float) -> list[Line]:
    """All of it on-demand: the first container always is, and what Spot saves on further ones has no list price."""
    hours = container_hours(transfers)
    return [
        Line("scanner", "processors", "fargate-vcpu-hour", hours * CPU / 1_024),
        Line("scanner", "memory", "fargate-gb-hour", hours * MEMORY_MB / 1_024),
        Line("scanner", "an address of its own", "public-address-hour", hours),
        # One service's figures, however many containers it has; an hour without a container has none.
        Line("scanner", "figures of its containers", "metric-month", TASK_FIGURES * min(hours / HOURS, 1)),
    ]
