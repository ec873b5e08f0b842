"""What the parts of one process share: settings, ports, thread pools, counters, and whether a stop was asked for."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from chalicelib.ports.byte_path import BytePath
from chalicelib.settings import Settings
from chalicelib.use_cases.context import Context
from onprem.runtime.metrics import Metrics

Gate = Callable[[str, str, str], None]


@dataclass
class Host:
    """``gate(tenant, transfer, method)`` raises unless bytes may move. ``byte_path`` is None where S3 has the bytes."""

    settings: Settings
    ports: Callable[[], Context]
    byte_path: Callable[[], BytePath | None]
    gate: Gate
    metrics: Metrics
    stopping: threading.Event = field(default_factory=threading.Event)
    requests: ThreadPoolExecutor = field(init=False)
    bytes: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        # Two pools: a full disk queue must not keep small requests waiting, nor the other way round.
        self.requests = ThreadPoolExecutor(self.settings.threads, thread_name_prefix="request")
        self.bytes = ThreadPoolExecutor(max(4, self.settings.threads), thread_name_prefix="bytes")

    def close(self) -> None:
        """Wait for what the pools still do."""
        self.stopping.set()
        self.requests.shutdown(wait=True)
        self.bytes.shutdown(wait=True)
