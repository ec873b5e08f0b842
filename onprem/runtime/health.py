"""Readiness: may this process be sent requests? Liveness needs no question: who answers, lives."""

import json
import threading
import time
from typing import Final

from chalicelib.bootstrap import context
from chalicelib.bootstrap_prepare import schema_state
from chalicelib.domain.errors import Refused
from chalicelib.ports.record_store import Key
from onprem.runtime.host import Host

KEEP_SECONDS: Final = 1.0


class Health:
    """Answers of /readyz, asked anew at most once a second: load balancers ask often."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._answer: tuple[int, bytes] = (503, b"")
        self._until = 0.0

    def ready(self) -> tuple[int, bytes]:
        """(200 or 503, JSON of each check). A stop that was asked for is not ready, so that balancers turn away early."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + KEEP_SECONDS
            return self._answer

    def _ask(self) -> tuple[int, bytes]:
        checks = {"stopping": "yes" if self._host.stopping.is_set() else "no", **store_checks(self._host)}
        good = checks["stopping"] == "no" and all(value == "ok" for name, value in checks.items() if name != "stopping")
        status = {"status": "ok" if good else "not ready", "checks": checks}
        return (200 if good else 503), json.dumps(status).encode()


def store_checks(host: Host) -> dict[str, str]:
    """Each part's state: ``ok`` or what is wrong with it."""
    return {"records": _records(host), "schema": schema_state(context()), "space": _space(host)}


def _records(host: Host) -> str:
    try:
        host.ports().records.get(Key("clock#", "readiness"))
        host.ports().wrapped_keys.get(Key("clock#", "readiness"))
    except Refused as refused:
        return refused.code
    return "ok"


def _space(host: Host) -> str:
    try:
        free = host.ports().blobs.free_bytes()
    except Refused as refused:
        return refused.code
    return "ok" if free is None or free >= host.settings.min_free_bytes else "store_full"
