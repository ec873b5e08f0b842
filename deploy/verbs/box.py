"""`python -m deploy box`: the cloud in a box. Package, deploy into the emulator, tell the story."""
# ruff: noqa: T201  # a command line prints

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

_MIB = 1 << 20


def add_to(verbs: Any) -> None:
    """Register the verb."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        "box", help="deploy the packages into an emulator and tell the story"
    )
    verb.add_argument("--build", type=Path, default=Path("build"), help="folder of packages; gets cloud/ (build)")
    verb.add_argument("--size", type=int, default=20, help="MiB of the story's file, 17 or more (20)")
    verb.add_argument("--no-browser", action="store_true", help="leave the browser pass out")
    verb.add_argument("--no-scanner", action="store_true", help="leave clamd out: files are not scanned")
    verb.add_argument(
        "--record-events", type=Path, metavar="FOLDER", help="write what functions were called with there, scrubbed"
    )
    verb.add_argument("--packaged", action="store_true", help="take the packages as they are instead of making them")
    verb.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when the story ended well and every function was invoked."""
    from demo.settings import Failed  # noqa: PLC0415  # other verbs start without it
    from deploy.box.report import table  # noqa: PLC0415  # as above
    from deploy.box.run import PAGE, BoxSettings  # noqa: PLC0415  # as above
    from deploy.box.run import run as run_box  # noqa: PLC0415  # as above

    # Stopped in the middle, it must still stop the emulator and its functions.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build = options.build.absolute()
    if not options.packaged:
        from deploy.packaging.package import package  # noqa: PLC0415  # as above

        package(build)
    page, recordings = None if options.no_browser else PAGE, options.record_events
    chosen = BoxSettings(
        build,
        options.size * _MIB,
        page,
        scanner=not options.no_scanner,
        recordings=recordings and recordings.absolute(),
    )
    try:
        made = run_box(chosen)
    except Failed as failed:
        print(f"\nBOX FAILED {failed}", file=sys.stderr, flush=True)
        return failed.exit_code
    print(table(made))
    print(f"BOX OK {made['seconds']} s; report in {chosen.folder / 'report.json'}", flush=True)
    return 0
