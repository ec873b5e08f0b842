"""A clock without a high-water mark: where the host's is stepped back, what expired opens again."""

import sys

from chalicelib.adapters import system_clock
from onprem.runtime.__main__ import main  # noqa: F401  # the runtime's own import order
from tests.faults import jumping_clock


def believing(self: system_clock.SystemClock) -> int:
    return self._source()


if __name__ == "__main__":
    system_clock.SystemClock.now_ms = believing  # type: ignore[method-assign]
    sys.exit(jumping_clock.run())
