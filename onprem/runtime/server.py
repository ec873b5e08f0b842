"""One serving or working process: its parts started, run until SIGTERM, drained, ended with exit code 0."""

import logging
import signal
import socket
from collections.abc import Sequence
from types import FrameType
from typing import Final

import uvicorn

from chalicelib import bootstrap
from chalicelib.domain.events import SCANS
from chalicelib.settings import Role, Settings
from onprem.runtime.apps import load_apps
from onprem.runtime.asgi import RuntimeASGI
from onprem.runtime.host import Host
from onprem.runtime.http_connection import HTTPConnection
from onprem.runtime.logs import configure_logs
from onprem.runtime.metrics import Metrics
from onprem.runtime.scheduler import Scheduler
from onprem.runtime.worker import Worker

KEEP_ALIVE_SECONDS: Final = 65
BACKLOG: Final = 2048
_log = logging.getLogger("fumibako.runtime")


def bound_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(BACKLOG)
    return bound


def address_of(bound: socket.socket, settings: Settings) -> str:
    """``http://host:port`` of a listening socket."""
    host, port = bound.getsockname()[:2]
    scheme = "https" if settings.tls_certificate else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def run(settings: Settings, bound: socket.socket | None, roles: Sequence[Role]) -> None:
    """Do ``roles`` until SIGTERM or SIGINT; ``bound`` is needed for api and bytes."""
    configure_logs(settings.log_level)
    bootstrap.use_context(bootstrap.LazyContext(settings))
    host = Host(
        settings=settings,
        ports=bootstrap.context,
        byte_path=bootstrap.byte_path,
        gate=bootstrap.byte_gate,
        metrics=Metrics(),
    )
    apps = load_apps(settings)
    parts: list[Worker | Scheduler] = [Worker(host, apps), Scheduler(host, apps)] if "worker" in roles else []
    if "scan" in roles:
        parts.append(Worker(host, apps, (SCANS,)))
    for part in parts:
        part.start()
    try:
        if bound is not None:
            served = apps if "api" in roles else {}
            _Server(_config(settings, RuntimeASGI(host, served, roles)), host).run(sockets=[bound])
        else:
            _wait_for_signal(host)
    finally:
        host.stopping.set()
        for part in parts:
            part.join()
        host.close()
        _log.info("stopped")


class _Server(uvicorn.Server):
    """uvicorn that tells the host of a stop, and does not raise the signal again after it: a drained process ends with 0."""

    def __init__(self, config: uvicorn.Config, host: Host) -> None:
        super().__init__(config)
        self._host = host

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # uvicorn's signature
        self._host.stopping.set()
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True


def _config(settings: Settings, app: RuntimeASGI) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=HTTPConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.drain_seconds,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )


def _wait_for_signal(host: Host) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        host.stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    host.stopping.wait()
