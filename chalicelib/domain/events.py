"""Domain events (CloudEvents 1.0 on the wire; spec/events.md has schema and example of each).

**No secret in an event**: ``data`` holds ids, numbers and enumerations. What a mail or the audit record must show (addresses,
codes, link tokens) travels in ``sealed``: consumer name -> bytes sealed by the key store with the event's id as context.
"""

from dataclasses import dataclass, field
from typing import Any

TYPE_PREFIX = "com.fumibako."
CONSUMERS = ("transfers", "notifications", "reporting")
# In the cloud what waits for the scanner has a queue of its own, which containers beside a clamd read; handled by the transfers service.
SCANS = "scans"


@dataclass(frozen=True)
class Event:
    """``type`` as ``transfer.ready.v1`` (the prefix is added on the wire); ``sequence`` is the aggregate's version."""

    id: str
    type: str
    tenant: str
    subject: str
    sequence: int
    at: int
    data: dict[str, Any] = field(default_factory=dict)
    sealed: dict[str, bytes] = field(default_factory=dict)
