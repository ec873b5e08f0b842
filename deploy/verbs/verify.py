"""`verify`: whether a release is whole and signed, offline."""
# ruff: noqa: PLC0415  # cryptography is brought in when the verb runs

import argparse
import sys
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("verify", help="check a release with the public key; no network")
    parser.add_argument("--release", type=Path, required=True, help="folder of the release")
    parser.add_argument("--key", type=Path, required=True, help="public key (PEM)")
    parser.add_argument("--since", type=Path, metavar="FILE", help="release.jws of what runs now: nothing older passes")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 where every byte is as signed. Prints its name and its images by digest."""
    from deploy.supply.verify import signed_release, verified

    since = signed_release(options.since, options.key) if options.since else None
    release = verified(options.release, options.key, since=since)
    sys.stdout.write(f"{release.name}  {len(release.files)} files\n")
    for name, digest in sorted(release.images.items()):
        sys.stdout.write(f"{name}@{digest}\n")
    return 0
