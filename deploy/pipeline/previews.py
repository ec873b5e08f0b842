"""A stage for each branch that asks for one: its file is derived from another stage's, it has an end of its own, and nothing in it is worth keeping."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused
from deploy.names import FUNCTIONS, LIFECYCLES, WEB_REGION, bucket, stack
from deploy.stage import STAGES, Stage, load_stage

# Stacks carry it; a stage without one is never swept.
ENDS: Final = "fumibako:ends"
STAGE: Final = "fumibako:stage"
MOST_DAYS: Final = 14
# No other stage begins with it, so that rights can be told apart by names.
_FIRST: Final = "x"
_WORD: Final = 4
_MARK: Final = 7
_BUCKETS: Final = ("blobs", "page", "access-logs", "identities", "reports")
Clients = Callable[..., Any]


def preview_name(branch: str) -> str:
    """``x``, what the branch begins with, and seven hexadecimal digits of its digest: twelve characters at most."""
    word = re.sub(r"[^a-z0-9]", "", branch.rpartition("/")[2].lower())[:_WORD]
    return f"{_FIRST}{word}{hashlib.sha256(branch.encode()).hexdigest()[:_MARK]}"


def preview_text(branch: str, base: Stage, ends: date) -> str:
    """The stage's file: small, without containers, without a paid network, unprotected."""
    name = preview_name(branch)
    functions = {service: ", ".join(f"{one} = 2" for one in names) for service, names in FUNCTIONS.items()}
    lines = [
        f"# Preview of {branch}. Written by `python -m deploy preview`; it belongs to no commit.",
        f'account = "{base.account}"',
        f'region = "{base.region}"',
        f"availability_zones = [{', '.join(f'{chr(34)}{zone}{chr(34)}' for zone in base.availability_zones)}]",
        f'domain = "{base.domain}"',
        f'page_host = "{name}.{base.domain}"',
        f'api_host = "{name}-api.{base.domain}"',
        f'mail_sender = "{base.mail_sender}"',
        f'alarm_address = "{base.alarm_address}"',
        'delivery = "pooled"',
        f'hosted_zone_id = "{base.hosted_zone_id}"',
        f'page_certificate_arn = "{base.page_certificate_arn}"',
        f'api_certificate_arn = "{base.api_certificate_arn}"',
        "log_days = 7",
        "backup_days = 2",
        "scanner = false",
        "compatible_downloads = false",
        "protected = false",
        f"account_concurrency = {base.account_concurrency}",
        f'ends = "{ends.isoformat()}"',
        "",
        "[reserved_concurrency]",
        *(f"{service} = {{ {told} }}" for service, told in sorted(functions.items())),
    ]
    return "\n".join(lines) + "\n"


def open_preview(branch: str, base: str, ends: date, *, today: date, folder: Path = STAGES) -> Stage:
    """Write the branch's stage file, or set a new end in it; gives the stage.

    Raises Refused: branch_unnamed, end_wrong (past, or further than MOST_DAYS), preview_base (a production stage), preview_taken (another branch has the name),
    and as `load_stage` does.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}", branch):
        raise Refused("branch_unnamed", "That is no name of a branch.", "Use letters, digits and ./_+-.")
    if not 0 <= (ends - today).days <= MOST_DAYS:
        raise Refused("end_wrong", f"A preview ends within {MOST_DAYS} days.", "Say a smaller number with --days.")
    if base.startswith("prod"):
        raise Refused(
            "preview_base", "A preview is never made beside production.", "Name a stage of development with --of."
        )
    path = folder / f"{preview_name(branch)}.toml"
    if path.exists() and f"# Preview of {branch}." not in path.read_text("utf-8").splitlines()[0]:
        raise Refused("preview_taken", f"{path.name} is another branch's.", "Give the branch another name.")
    before = path.read_text("utf-8") if path.exists() else None
    path.write_text(preview_text(branch, load_stage(base, folder), ends), "utf-8")
    try:
        return load_stage(path.stem, folder)
    except Refused:
        # What does not hold is not left behind.
        path.unlink()
        if before is not None:
            path.write_text(before, "utf-8")
        raise


def ended_previews(clients: Clients, region: str, today: date) -> list[str]:
    """Stages whose stacks carry an end that has passed."""
    found: set[str] = set()
    for tags in _tagged(clients, (region, WEB_REGION)):
        if tags.get(ENDS, "") and date.fromisoformat(tags[ENDS]) < today:
            found.add(tags[STAGE])
    return sorted(found)


def remove_preview(clients: Clients, stage: Stage) -> list[str]:
    """Empty its buckets and delete its stacks, last ones first; gives the stacks' names. Repeating it goes on.

    Raises Refused("no_preview") where a stack of that name has no end: it is somebody's stage.
    """
    names = {stack(stage, one) for one in LIFECYCLES}
    regions = tuple(dict.fromkeys((stage.region, WEB_REGION)))
    there: list[tuple[str, str]] = []
    for region in regions:
        for name, tags in _stacks(clients, region):
            if name in names and ENDS not in tags:
                raise Refused("no_preview", f"{name} has no end: it is no preview.", "Use `python -m deploy remove`.")
            there += [(region, name)] if name in names else []
    order = [stack(stage, one) for one in reversed(LIFECYCLES)]
    gone = []
    for region, name in sorted(there, key=lambda one: order.index(one[1])):
        # Each time: what still runs writes on, and logs come late.
        for use in _BUCKETS:
            _empty(clients("s3", region_name=stage.region), bucket(stage, use))
        cloudformation = clients("cloudformation", region_name=region)
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name)
        gone.append(name)
    return gone


def stage_of_ended(name: str, account: str, region: str) -> Stage:
    """A stage by its name alone, for a sweep where the file is gone: names need no more than this."""
    from deploy.stage import stage_of  # noqa: PLC0415  # only a sweep needs it

    raw: dict[str, Any] = {
        "account": account,
        "region": region,
        "availability_zones": [f"{region}a", f"{region}b"],
        "domain": "ended.example",
        "page_host": "page.ended.example",
        "api_host": "api.ended.example",
        "mail_sender": "nobody@ended.example",
        "alarm_address": "nobody@ended.example",
        "delivery": "pooled",
        "log_days": 1,
        "scanner": False,
        "compatible_downloads": False,
        "protected": False,
        "reserved_concurrency": {service: dict.fromkeys(names, 1) for service, names in FUNCTIONS.items()},
    }
    return stage_of(name, raw)


def today() -> date:
    """In UTC, as the ends are."""
    return datetime.now(UTC).date()


def _tagged(clients: Clients, regions: tuple[str, ...]) -> Iterator[Mapping[str, str]]:
    for region in dict.fromkeys(regions):
        for _, tags in _stacks(clients, region):
            yield tags


def _stacks(clients: Clients, region: str) -> Iterator[tuple[str, dict[str, str]]]:
    for page in clients("cloudformation", region_name=region).get_paginator("describe_stacks").paginate():
        for one in page["Stacks"]:
            yield one["StackName"], {tag["Key"]: tag["Value"] for tag in one.get("Tags", [])}


def _empty(s3: Any, name: str) -> None:
    try:
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket=name))
    except s3.exceptions.NoSuchBucket:
        return
    for page in pages:
        held = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if held:
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in held]
            s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
