"""What makes a run of the box a failure, told from its report alone. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy import names
from deploy.box.journal import never_invoked
from deploy.box.standing import left
from deploy.packaging.functions import functions_of
from deploy.stage import Stage

Report = Mapping[str, Any]
# What has to call a function of a kind at least once. Somebody's call by hand is none.
_SOURCES: Final = {
    "api": "api",
    "authorizer": "authorizer",
    "queue": "queue",
    "stream": "stream",
    "schedule": "schedule",
}


def faults(stage: Stage, report: Report) -> list[str]:
    """Every fault as a sentence; none where the run shows what it should."""
    return [*_uncalled(stage, report), *_changed(report), *_left(report)]


def _uncalled(stage: Stage, report: Report) -> Iterator[str]:
    invoked: Mapping[str, Mapping[str, int]] = report["invocations"]
    for name in never_invoked(stage, invoked):
        yield f"never invoked: {name}"
    for service in names.SERVICES:
        for one in functions_of(service):
            name, source = names.function(stage, service, one.name), _SOURCES[one.kind]
            if sum(invoked.get(name, {}).values()) and not invoked[name].get(source):
                yield f"never called by its {source}: {name}"


def _changed(report: Report) -> Iterator[str]:
    """Templates as the emulator gives them back, zips as it tells their digests, against what packaging made."""
    for service, told in report["templates"].items():
        if told["deployed_template_sha256"] != told["template_sha256"]:
            yield f"the deployed template of {service} is not the packaged one"
        for function, digest in told["deployed_zip_sha256"].items():
            if digest != told["zip_sha256"]:
                yield f"the code of {function} is not the packaged zip"
    missing = sorted(set(names.SERVICES) - report["templates"].keys())
    if missing:
        yield f"no deployed template was looked at of: {', '.join(missing)}"


def _left(report: Report) -> Iterator[str]:
    """Nothing may be left; and something must have been there to be seen, or nobody looked."""
    for kind, found in report["deployed_anew"]["stood_before_removal"].items():
        if not found:
            yield f"none were seen before the services' stacks were deleted: {kind}"
    for line in left(report["deployed_anew"]["left_after_removal"]):
        yield f"still there after the services' stacks were deleted: {line}"
