"""One run of the command: accounts from profiles, checks in order, and recordings where they are wanted."""

import argparse
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.account import account_clients
from deploy.prove.ask import Account, Heard, Source, nobody
from deploy.prove.check import Check
from deploy.prove.profile import ProfileSource, profile_clients
from deploy.prove.record import Recorder
from deploy.prove.run import Result, one
from deploy.stage import Stage, load_stage


def prove(options: argparse.Namespace, checks: Sequence[Check]) -> Iterator[Result]:
    """The results, as they come. Raises Refused as ``account_clients`` and ``load_stage``."""
    stage = load_stage(options.stage)
    source = ProfileSource(account_clients(stage, options.profile))
    management = (
        ProfileSource(profile_clients(stage, options.management_profile)) if options.management_profile else None
    )
    yield from run(stage, source, management, checks, probe=options.probe, record=options.record)


def run(
    stage: Stage,
    source: Source,
    management: Source | None,
    checks: Sequence[Check],
    *,
    probe: bool,
    record: Path | None,
) -> Iterator[Result]:
    """Each check by itself, so that a recording holds the calls of one. ``record``: a folder; None keeps nothing."""
    now = datetime.now(UTC)
    for check in checks:
        recorder = Recorder()
        heard: Heard = recorder if record else nobody
        account = _account(stage, source, now, recorder, heard)
        asked = _account(stage, management, now, recorder, heard) if management else None
        result = one(check, account, asked, probe=probe)
        if record and recorder.calls:
            place = record / check.id
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{result.verdict.state.replace(' ', '-')}.json").write_text(recorder.text(now), "utf-8")
        yield result


def _account(stage: Stage, source: Source, now: datetime, recorder: Recorder, heard: Heard) -> Account:
    return Account(
        stage, source, now=now, tick=lambda: recorder.tick(time.perf_counter()), pause=time.sleep, heard=heard
    )
