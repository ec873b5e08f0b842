"""The scheduler: runs the apps' own ``@app.schedule`` functions at their rates, each by one process of the install at a time.

Which process it is decides a lease in the record store (``use_cases/leases.py``): taken for a minute, renewed while the function
runs, given back after. A killed process's schedules go on elsewhere within that minute.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from chalice.app import ScheduledEventConfig

from chalicelib.api.chalice_app import FumibakoApp, log_unhandled
from chalicelib.domain.errors import Conflict, Refused
from chalicelib.use_cases.leases import LEASE_MS, Lease, claim, release, renew
from onprem.runtime.host import Host
from onprem.runtime.lambda_context import HostContext
from onprem.runtime.schedule_expression import NextMoment, next_moment

LOOK_SECONDS: Final = 1.0
_RENEW_SECONDS: Final = LEASE_MS / 3000
_log = logging.getLogger("fumibako.scheduler")


@dataclass(frozen=True)
class Schedule:
    """One function of one service."""

    service: str
    name: str
    handler: Any
    next_after: NextMoment


class Scheduler:
    """One thread for each schedule: a long one does not hold up the others."""

    def __init__(self, host: Host, apps: Mapping[str, FumibakoApp]) -> None:
        self._host = host
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self.schedules = [
            one for name, app in apps.items() for one in schedules_of(name, app, host.settings.schedule_seconds)
        ]
        self._threads = [
            threading.Thread(target=self._loop, args=(one,), name=f"schedule-{one.name}") for one in self.schedules
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for the functions that run; the host's ``stopping`` must be set."""
        for thread in self._threads:
            thread.join()

    def run_if_due(self, schedule: Schedule) -> bool:
        """Claim, run and release; False where it was not due or another process has it."""
        ports = self._host.ports()
        name = f"schedule/{schedule.service}/{schedule.name}"
        lease = claim(ports, name, holder=self._holder, next_after=schedule.next_after)
        if lease is None:
            return False
        renewing = _Renewal(ports, lease)
        outcome = "failed"
        try:
            schedule.handler(scheduled_event(schedule), HostContext(name))
            outcome = "done"
        except Refused as refused:
            _log.warning("schedule refused", extra={"schedule": name, "code": refused.code})
        except Exception as error:  # noqa: BLE001  # the lease is given back whatever happened
            log_unhandled(error, name)
        finally:
            release(ports, renewing.stop())
        self._host.metrics.schedules.labels(schedule.service, schedule.name, outcome).inc()
        return True

    def _loop(self, schedule: Schedule) -> None:
        look = min(LOOK_SECONDS, self._host.settings.schedule_seconds or LOOK_SECONDS)
        while not self._host.stopping.is_set():
            try:
                self.run_if_due(schedule)
            except Refused as refused:
                _log.warning("store refused", extra={"schedule": schedule.name, "code": refused.code})
            except Exception as error:  # noqa: BLE001  # the loop outlives every fault
                log_unhandled(error, f"schedule {schedule.name}")
            self._host.stopping.wait(look)


class _Renewal:
    """Renews a lease while its function runs."""

    def __init__(self, ports: Any, lease: Lease) -> None:
        self._ports = ports
        self._lease = lease
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-renewal")
        self._thread.start()

    def stop(self) -> Lease:
        """The lease as last renewed."""
        self._done.set()
        self._thread.join()
        return self._lease

    def _run(self) -> None:
        while not self._done.wait(_RENEW_SECONDS):
            try:
                self._lease = renew(self._ports, self._lease)
            except Conflict:
                return  # Lost: another process runs it now, which its idempotence bears.
            except Refused as refused:
                _log.warning("lease not renewed", extra={"code": refused.code})


def schedules_of(service: str, app: FumibakoApp, every_seconds: float) -> list[Schedule]:
    """The app's schedules; ``every_seconds`` above 0 replaces their own rates."""
    found = []
    for source in app.event_sources:
        if isinstance(source, ScheduledEventConfig):
            expression = source.schedule_expression
            text = expression if isinstance(expression, str) else expression.to_string()
            found.append(Schedule(service, source.name, app.handler_map[source.name], _moments(text, every_seconds)))
    return found


def scheduled_event(schedule: Schedule) -> dict[str, Any]:
    """What Lambda is called with (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-list.html)."""
    return {
        "version": "0",
        "id": f"{schedule.service}-{schedule.name}",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": "local",
        "resources": [f"arn:aws:events:local:000000000000:rule/{schedule.name}"],
        "detail": {},
    }


def _moments(expression: str, every_seconds: float) -> Callable[[int], int]:
    if every_seconds > 0:
        every = max(1, int(every_seconds * 1000))
        return lambda after: after + every
    return next_moment(expression)
