"""The host's own time, for what others compare with theirs: the date of a mail, the date in a signature for AWS.

Rules of the product use the port ``Clock``, whose time never goes back.
"""

import time


def host_ms() -> int:
    """UTC milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
