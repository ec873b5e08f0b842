"""`sign`: bring together what is deployed and put one signature over it."""
# ruff: noqa: PLC0415  # cryptography and boto3 are brought in when the verb runs

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.page_build import PAGE

if TYPE_CHECKING:
    from deploy.supply.signing import Signer


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("sign", help="gather a release and sign it (after package, image, synth and sbom)")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where the other verbs wrote to (build)")
    parser.add_argument("--page", type=Path, default=PAGE, help="the built page (web/build/page)")
    parser.add_argument("--out", type=Path, default=Path("build/release"), help="folder of the release, made anew")
    parser.add_argument("--stage", action="append", required=True, help="a stage whose templates are in it; repeated")
    parser.add_argument("--signer", required=True, help="a private key file (PEM), or kms:KEY with KEY an id or ARN")
    parser.add_argument("--profile", help="AWS profile of the key's account")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when it is written. Prints the signed file and the release's name."""
    from deploy.supply.gathering import gather
    from deploy.supply.release import Release, inventory
    from deploy.supply.signing import sign_release
    from deploy.supply.source import source_of
    from deploy.version import this_version

    signer = _signer(options.signer, options.profile)
    source = source_of(Path.cwd())
    images = gather(options.build, options.page, options.out, stages=options.stage)
    release = Release(
        version=this_version(),
        commit=source.commit,
        committed=source.committed,
        files=inventory(options.out),
        images=images,
    )
    path = sign_release(options.out, release, signer)
    sys.stdout.write(f"{path}  {release.name}  {len(release.files)} files, {len(images)} images\n")
    return 0


def _signer(named: str, profile: str | None) -> "Signer":
    from deploy.supply.signing import KeyFile, KmsKey, kms_client

    return KmsKey(*kms_client(named, profile)) if named.startswith("kms:") else KeyFile(Path(named))
