"""One run of the cloud in a box, judged by its report: what `make cloud` shows."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy import names
from deploy.box import journal
from deploy.box.report import table
from deploy.box.run import BoxSettings, run
from deploy.box.shapes import paths_of
from deploy.packaging.package import package
from deploy.stage import load_stage
from tests.browser.support.built_page import built_page
from tests.events.samples import recorded

pytestmark = [pytest.mark.slow, pytest.mark.root]
MIB = 1 << 20
SAMPLES = {
    "api": "api_gateway",
    "authorizer": "authorizer",
    "queue": "sqs",
    "schedule": "schedule",
    "stream": "dynamodb_stream",
}
# Members of AWS's sample that the emulator leaves out. No service reads them.
LEFT_OUT = ("requestContext.domainName", "requestContext.domainPrefix", "requestContext.identity.")
READ = {"requestContext.identity.sourceIp", "requestContext.identity.userAgent"}
# What is each request's own.
OWN = ("headers", "multiValueHeaders", "Records[].dynamodb.NewImage", "pathParameters", "queryStringParameters")
TOLD = (
    "signed in",
    "sent tr_",
    "mail arrived",
    "code was mailed",
    "the guest has it",
    "the minute of expiry has come",
    "destroyed, its absence verified by listing",
    "certificate verified offline",
    "neither the marker",
    "audit log",
    "one more transfer",
    "a browser fetched welcome.txt",
    "deployed anew, and the guest fetched what was sent before",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    """Packaged, deployed, told: once for all tests of this file."""
    build = tmp_path_factory.mktemp("build")
    package(build)
    return build / "cloud", run(BoxSettings(build, 18 * MIB, built_page().folder))


def test_one_run_of_the_box(made: tuple[Path, Mapping[str, Any]]) -> None:
    folder, report = made
    places = [next(i for i, step in enumerate(report["story"]) if words in step) for words in TOLD]
    assert places == sorted(places)
    assert json.loads((folder / "report.json").read_text()) == report
    _every_function_was_invoked(report)
    _the_templates_are_the_packaged_ones(folder, report)
    _operations_were_recorded(folder)
    _events_are_those_of_the_samples(folder)


def _every_function_was_invoked(report: Mapping[str, Any]) -> None:
    invoked = report["invocations"]
    assert report["never_invoked"] == []
    assert journal.never_invoked(load_stage("box"), invoked) == []
    for service, functions in names.FUNCTIONS.items():
        for one in functions:
            counts = invoked[names.function(load_stage("box"), service, one)]
            assert sum(counts.values()) > 0
            if one == "on_events":
                assert counts["queue"] > 0
    assert "relay_outbox" in table(report)
    assert all(counts.get("stream") for name, counts in invoked.items() if name.endswith("relay_outbox"))
    logged = report["logged_before_the_second_deployment"]
    assert logged["fumibako-transfers-box-on_events"] > 0


def _the_templates_are_the_packaged_ones(folder: Path, report: Mapping[str, Any]) -> None:
    manifest = json.loads((folder.parent / "packages/manifest.json").read_text())["services"]
    for service in names.SERVICES:
        assert report["templates"][service]["template_sha256"] == manifest[service]["template_sha256"]
    before, after = report["deployed_anew"]["apis_before"], report["deployed_anew"]["apis_after"]
    assert not set(before.values()) & set(after.values())


def _operations_were_recorded(folder: Path) -> None:
    counted = json.loads((folder / "operations.json").read_text())
    asked = counted["operations"]
    assert counted["story"]["bytes"] == 18 * MIB
    assert (asked["s3:UploadPart"], asked["s3:GetObject"] >= 1, asked["ses:SendEmail"] >= 2) == (2, True, True)
    assert counted["bytes"]["s3:UploadPart"]["in"] > 18 * MIB
    assert asked["sns:PublishBatch"] > 0
    assert counted["callers"]["people"].keys() == {"s3:GetObject", "s3:UploadPart"}
    assert counted["idle"]["operations"] > 0


def _events_are_those_of_the_samples(folder: Path) -> None:
    """What the emulator calls functions with has all that AWS's own samples have (tests/events drives the apps with those)."""
    shown = {
        line["source"]: set(line["paths"])
        for line in journal.lines(folder / "journal.jsonl")
        if line["kind"] == "event"
    }
    for source, sample in SAMPLES.items():
        missing = {path for path in paths_of(recorded(sample)) if not path.startswith(OWN)} - shown[source]
        unknown = {path for path in missing if not path.startswith(LEFT_OUT) or path in READ}
        assert unknown == set(), f"{source}: the emulator leaves out {sorted(unknown)}"
