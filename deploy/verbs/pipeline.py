"""`pipeline`: what the pipeline's steps run, and what a person runs by hand where the pipeline can't."""
# ruff: noqa: PLC0415  # CDK, cryptography and boto3 are brought in when the verb runs

import argparse
import sys
import time
from pathlib import Path
from typing import Any


def add_to(verbs: Any) -> None:
    """Its parser."""
    parser = verbs.add_parser("pipeline", help="releases to stages in waves, and back")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("show", help="the waves, as deploy/pipeline/waves.toml says them")
    made = commands.add_parser("synth", help="write the templates of the pipeline and of its accounts, and judge them")
    made.add_argument("--out", type=Path, default=Path("build/pipeline"), help="folder (build/pipeline)")
    key = commands.add_parser("key", help="write the public key of releases")
    key.add_argument("--signer", required=True, help="kms:KEY with KEY an ARN")
    key.add_argument("--out", type=Path, required=True, help="file to write (PEM)")
    key.add_argument("--profile", help="AWS profile of the key's account")
    bring = commands.add_parser("bring", help="bring a signed release to a stage")
    bring.add_argument("--release", type=Path, required=True, help="folder of the release")
    bring.add_argument("--mends", action="store_true", help="alarms ring, and this release is what quiets them")
    back = commands.add_parser("back", help="lay the stage's last good release over what runs now")
    for one in (bring, back):
        one.add_argument("--stage", required=True, help="a file of deploy/stages")
        one.add_argument("--profile", help="AWS profile of the release role")
    bake = commands.add_parser("bake", help="watch the alarms after a wave; go back where one rings")
    bake.add_argument("--wave", required=True, help="a wave of deploy/pipeline/waves.toml")
    bake.add_argument("--stage", help="this stage of the wave alone")
    bake.add_argument("--release", type=Path, required=True, help="folder of the release")
    profiles = bake.add_mutually_exclusive_group()
    profiles.add_argument("--profile", help="AWS profile of the release role")
    profiles.add_argument("--profile-per-stage", action="store_true", help="each stage has a profile of its own name")
    for one in (bring, back, bake):
        one.add_argument("--key", type=Path, required=True, help="public key of releases (PEM)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when it is done; 1 where the checks of the templates found something."""
    commands = {"show": _show, "synth": _synth, "key": _key, "bring": _bring, "back": _back, "bake": _bake}
    return commands[options.command](options)


def _show(options: argparse.Namespace) -> int:
    del options
    from deploy.pipeline.waves import load_waves

    waves = load_waves()
    sys.stdout.write(f"{waves.conveyor}: {waves.repository} {waves.branch}\n")
    for number, wave in enumerate(waves.waves, start=1):
        asked = "after approval" if wave.approval else "at once"
        sys.stdout.write(f"{number}. {wave.name}: {', '.join(wave.stages)}; {asked}; watched {wave.bake_minutes} min\n")
    return 0


def _synth(options: argparse.Namespace) -> int:
    from deploy.pipeline.app import synthesize_pipeline
    from deploy.pipeline.waves import load_waves

    findings = synthesize_pipeline(load_waves(), options.out)
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    sys.stdout.write(f"{options.out}\n")
    return 1 if findings else 0


def _key(options: argparse.Namespace) -> int:
    from deploy.supply.signing import kms_public_key

    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(kms_public_key(options.signer, options.profile))
    sys.stdout.write(f"{options.out}\n")
    return 0


def _bring(options: argparse.Namespace) -> int:
    from deploy.pipeline.bring import bring_or_back
    from deploy.pipeline.site import site_of
    from deploy.stage import load_stage

    site = site_of(load_stage(options.stage), options.key, options.profile)
    release = bring_or_back(site, options.release, mends=options.mends)
    sys.stdout.write(f"{options.stage}: {release.name}\n")
    return 0


def _back(options: argparse.Namespace) -> int:
    from deploy.pipeline.bring import back
    from deploy.pipeline.site import site_of
    from deploy.stage import load_stage

    release = back(site_of(load_stage(options.stage), options.key, options.profile))
    sys.stdout.write(f"{options.stage}: back to {release.name}\n")
    return 0


def _bake(options: argparse.Namespace) -> int:
    from deploy.pipeline.bake import Clock, Watch, bake
    from deploy.pipeline.site import site_of
    from deploy.pipeline.waves import load_waves, stages_of
    from deploy.stage import load_stage
    from deploy.supply.verify import verified

    wave = load_waves().wave(options.wave)
    names = stages_of(wave, options.stage)
    release = verified(options.release, options.key)
    sites = [
        site_of(load_stage(name), options.key, name if options.profile_per_stage else options.profile) for name in names
    ]
    clock = Clock(time.monotonic, time.sleep)
    bake(Watch(sites, wave.bake_minutes, clock, lambda line: sys.stdout.write(f"{line}\n")), release)
    return 0
