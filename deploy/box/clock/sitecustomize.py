"""The clock of the box. Python imports this by itself at its start: the emulator and its functions have this folder on their path.

``time.time`` and ``time.time_ns`` run ahead of the machine's by the seconds in the file that ``BOX_CLOCK`` names, so that an hour can pass at
once: for the rules of the product, the schedules and the queues' timeouts alike. ``time.monotonic`` and ``datetime.now`` stay what they are.

A function puts its name into the user agent of its AWS clients, so that the journal knows who asked: by AWS_SDK_UA_APP_ID, and for a botocore
before 1.31, which does not know that, by AWS_EXECUTION_ENV. Its SDK is that of Lambda's runtime (BOX_RUNTIME), behind what its zip holds.
"""

import os
import sys
import time
from collections.abc import Callable

_FRESH_NS = 20_000_000


def _ahead(path: str) -> Callable[[], int]:
    """Nanoseconds ahead; the file is looked at every 20 ms at most."""
    seen = [0, 0]

    def ahead() -> int:
        now = time.monotonic_ns()
        if now >= seen[0]:
            try:
                with open(path, encoding="ascii") as file:  # noqa: PTH123  # pathlib costs 10 ms at the start of every function
                    seen[1] = int(file.read() or 0) * 1_000_000_000
            except (OSError, ValueError):
                pass  # being written just now: the time of a moment ago is as good
            seen[0] = now + _FRESH_NS
        return seen[1]

    return ahead


def _install(path: str) -> None:
    real_ns, real, ahead = time.time_ns, time.time, _ahead(path)
    time.time_ns = lambda: real_ns() + ahead()
    time.time = lambda: real() + ahead() / 1e9


if os.environ.get("BOX_CLOCK"):
    _install(os.environ["BOX_CLOCK"])
if os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
    # botocore takes 50 characters at most.
    name = os.environ["AWS_LAMBDA_FUNCTION_NAME"].removeprefix("fumibako-")[:50]
    os.environ.setdefault("AWS_SDK_UA_APP_ID", name)
    if os.environ.get("BOX_RUNTIME"):
        sys.path.insert(0, os.environ["BOX_RUNTIME"])
        # In folders that are thrown away: else each start compiles the whole SDK anew, a second of a core.
        sys.dont_write_bytecode = False
        os.environ["AWS_EXECUTION_ENV"] = f"AWS_Lambda_python3.11 app/{name}"
