"""A release to a stage, and back to the one before. Nothing is built here: templates, packages, image and page are those that were signed."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from deploy.account import Clients, refuse_half_made
from deploy.before import refuse_held
from deploy.errors import Refused
from deploy.names import KEEPING, LIFECYCLES, image_parameter, scanner_image_parameter, stack
from deploy.page_upload import upload_page
from deploy.pipeline.alarms import ringing
from deploy.pipeline.registry import push_image
from deploy.pipeline.store import ReleaseStore
from deploy.stage import Stage
from deploy.supply.release import Release
from deploy.supply.verify import verified
from deploy.turn import turn
from deploy.version import note_version, refuse_going_back


class Cdk(Protocol):
    """Runs `cdk deploy` over an assembly for these stacks; gives its exit code."""

    def __call__(self, assembly: Path, stacks: Sequence[str], *, exclusively: bool) -> int: ...


@dataclass(frozen=True)
class Site:
    """A stage and the ways into its account.

    ``clients`` may change what a release changes, ``look`` only reads. ``smoke`` gives one sentence for each fault of a host. ``key`` is the public key
    of releases.
    """

    stage: Stage
    clients: Clients
    look: Clients
    cdk: Cdk
    smoke: Callable[[str], list[str]]
    key: Path
    store: ReleaseStore


def bring(site: Site, folder: Path, *, mends: bool = False) -> Release:
    """Verify, push images, deploy every stack, upload the page, note the version, ask the services.

    ``mends``: alarms may ring already, because this release is what stops them. Raises Refused as `verified` does, and release_without_stage, version_older,
    release_older, release_note_unreadable, stack_half_made, stage_held, stage_alarmed, deploy_failed, smoke_failed.
    """
    release = verified(folder, site.key)
    refuse_going_back(site.clients("ssm"), site.stage, release.version)
    site.store.refuse_older(site.stage, release)
    refuse_half_made(site.look, site.stage)
    loud = ringing(site.look("cloudwatch"), site.stage)
    if loud and not mends:
        raise Refused(
            "stage_alarmed",
            f"Alarms of stage `{site.stage.name}` ring already: {', '.join(loud)}.",
            "Quiet them first, or add --mends where this release is what quiets them.",
        )
    site.store.keep(release, folder)
    _lay(site, release, folder, lifecycles=None)
    return release


def bring_or_back(site: Site, folder: Path, *, mends: bool = False) -> Release:
    """`bring`; where the services do not answer afterwards, the last good release is laid before the refusal is passed on."""
    try:
        return bring(site, folder, mends=mends)
    except Refused as refused:
        if refused.code == "smoke_failed" and site.store.good(site.stage) is not None:
            back(site)
        raise


def back(site: Site) -> Release:
    """Lay the stage's last good release over what runs now: services, page and what stands around them. What keeps data stays as it is.

    Raises Refused: no_good_release, and as `bring` does.
    """
    name = site.store.good(site.stage)
    if name is None:
        raise Refused(
            "no_good_release",
            f"No release of stage `{site.stage.name}` was ever watched to its end.",
            "Build the commit that you trust, sign it, and bring it with --mends.",
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = site.store.fetch(name, Path(scratch) / "release")
        release = verified(folder, site.key)
        lifecycles = [one for one in LIFECYCLES if one not in KEEPING]
        _lay(site, release, folder, lifecycles=lifecycles)
    return release


def _lay(site: Site, release: Release, folder: Path, *, lifecycles: Sequence[str] | None) -> None:
    """Order matters: functions and containers read the image's address when their stacks are deployed; the page asks the services that are there."""
    stage = site.stage
    assembly = folder / "assembly" / stage.name
    if not assembly.is_dir():
        raise Refused(
            "release_without_stage",
            f"Release {release.name} holds no templates of stage `{stage.name}`.",
            "Build it again with that stage in deploy/pipeline/waves.toml.",
        )
    with turn(site.clients("ssm"), stage, f"release {release.name}"):
        # On the way back too: what is deployed would move while records are put back.
        refuse_held(site.look("ssm"), stage)
        _push_images(site, release, folder)
        there = {path.name.removesuffix(".template.json") for path in assembly.glob("*.template.json")}
        named = [stack(stage, one) for one in lifecycles or () if stack(stage, one) in there]
        if site.cdk(assembly, named or ["--all"], exclusively=bool(named)) != 0:
            raise Refused(
                "deploy_failed",
                f"Release {release.name} could not be deployed to stage `{stage.name}`.",
                "CloudFormation has taken back the stack that failed. Read its events, mend it, and bring it again.",
            )
        upload_page(site.clients("s3"), stage, folder / "page")
        note_version(site.clients("ssm"), stage, release.version)
        site.store.note_laid(stage, release)
    faults = site.smoke(stage.page_host)
    if faults:
        raise Refused("smoke_failed", " ".join(faults), "`python -m deploy pipeline back` lays the last good release.")


def _push_images(site: Site, release: Release, folder: Path) -> None:
    parameters = {"fumibako": image_parameter(site.stage), "fumibako-scanner": scanner_image_parameter(site.stage)}
    ecr, ssm = site.clients("ecr"), site.clients("ssm")
    for name in sorted(release.images):
        address = push_image(ecr, name, folder / "images" / f"{name}.tar", tag=release.name)
        ssm.put_parameter(Name=parameters[name], Value=address, Type="String", Overwrite=True)
