"""A month of transfers: what they ask for, the scanner that they wake, and the figures that functions write while they run."""

import math
from dataclasses import dataclass
from typing import Final

from deploy.cost.lines import GB, HOURS, Line
from deploy.cost.recording import Recording
from deploy.cost.scanner_hours import scanner_lines
from deploy.cost.usage import KEPT_DAYS, usage

# Figures of our own that an hour with a transfer has (chalicelib/api/observed.py): four a service, three a consumer. Those of schedules are there at idle too.
FIGURES: Final = 4 * 4 + 3 * 3


@dataclass(frozen=True)
class Month:
    """So many transfers of ``size`` bytes, each fetched once."""

    transfers: int = 1_000
    size: int = 100_000_000


def month_lines(found: Recording, month: Month, *, scanner: bool = True) -> list[Line]:
    """The lines of the bill, without what idles. Raises Refused("operation_unpriced")."""
    asked = [line.times(month.transfers) for line in usage(found, month.size)]
    hours = 1 - math.exp(-month.transfers / HOURS)
    figures = Line("what is seen", "figures in hours with a transfer", "metric-month", FIGURES * hours)
    return [*asked, figures, *(scanner_lines(month.transfers) if scanner else [])]


def peer_lines(found: Recording, month: Month) -> list[Line]:
    """The same month on a Transfer Family web app: its one unit, the bytes kept as long, and the same requests of people to S3."""
    people = [line for line in usage(found, month.size) if line.what in ("s3:GetObject", "s3:UploadPart")]
    kept = month.transfers * month.size / GB * KEPT_DAYS / 30
    return [
        Line("unit", "one unit of a web app", "web-app-unit-hour", HOURS),
        Line("bytes", f"bytes kept for {KEPT_DAYS} days", "s3-gb-month", kept),
        *(line.times(month.transfers) for line in people),
        Line("egress", "bytes fetched", "internet-gb", month.transfers * month.size / GB),
    ]
