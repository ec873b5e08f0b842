"""``make demo``: FILE=path or SIZE=256MiB, STORE=sqlite|postgresql|aws, BREAK=flip|key|cert, EXPIRE=1, ONCE=1."""

import os
import signal
import sys
from pathlib import Path

from demo.install import Install
from demo.settings import DemoSettings, Failed
from demo.story import Story


def main() -> int:
    """Tell the story; 0 when it ended well. With ONCE=1 it ends there, else the service stays up until Ctrl-C."""
    # An interrupt in the middle must still stop the servers it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        settings = DemoSettings.from_environment(os.environ, Path.cwd())
    except Failed as failed:
        print(f"demo: {failed}", file=sys.stderr)
        return 2
    with Install(settings) as install:
        story = Story(settings, install)
        try:
            digest, seconds = story.tell()
            link = "" if settings.once else story.leave_open()
        except Failed as failed:
            print(f"\nDEMO FAILED {failed}", flush=True)
            return failed.exit_code
        except KeyboardInterrupt:
            print("\nstopped", flush=True)
            return 130
        if not settings.once:
            install.stay_up(link)
        print(f"DEMO OK {digest} {seconds:.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
