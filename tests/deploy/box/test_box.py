"""One run of the cloud in a box, judged by its report: what `make cloud` shows. Packages, page and the image's layer are those of the whole run of tests."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy import names
from deploy.box import journal
from deploy.box.report import table
from deploy.box.run import BoxSettings, run
from deploy.box.shapes import paths_of
from deploy.box.verdict import faults
from deploy.cost.operations import priced
from deploy.cost.recording import load_recording, sums_agree
from deploy.stage import load_stage
from tests.browser.support.built_page import built_page
from tests.deploy.packaging.conftest import layer_of, packages_of
from tests.events.samples import emulated

pytestmark = [pytest.mark.slow, pytest.mark.root]
MIB = 1 << 20
# What is each request's, each row's or each event's own: whoever sends it chooses.
OWN = ("headers", "multiValueHeaders", "Records[].dynamodb.NewImage", "Records[].messageAttributes")
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
    "clamd found the test virus; the transfer is ",
    "came to the end of its scan",
    "resumed by its range",
    "finished the download under way",
    "recall and expiry cut the downloads under way",
    "one more transfer",
    "a browser fetched welcome.txt",
    "a browser without script fetched the same from the container",
    "deployed anew, and the guest fetched what was sent before",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, Any]]:
    """Deployed and told: once for all tests of this file."""
    build, recordings = packages_of(tmp_path_factory).build, tmp_path_factory.mktemp("recordings")
    # A copy: the image of this run is built from the layer, and what runs may write where it stands.
    layer = tmp_path_factory.mktemp("layer") / "root"
    shutil.copytree(layer_of(tmp_path_factory), layer, symlinks=True)
    chosen = BoxSettings(build, 18 * MIB, built_page().folder, layer=layer, recordings=recordings)
    report = run(chosen)
    return recordings, {**report, "folder": str(chosen.folder)}


def test_one_run_of_the_box(made: tuple[Path, Mapping[str, Any]]) -> None:
    recordings, report = made
    folder = Path(report["folder"])
    places = [next(i for i, step in enumerate(report["story"]) if words in step) for words in TOLD]
    assert places == sorted(places)
    assert {**json.loads((folder / "report.json").read_text()), "folder": report["folder"]} == report
    assert faults(load_stage("box"), report) == []
    _every_function_was_invoked(report)
    _the_templates_are_the_packaged_ones(folder, report)
    _containers_drained(report)
    _operations_were_recorded(folder)
    _events_are_those_that_were_recorded(recordings)


def _containers_drained(report: Mapping[str, Any]) -> None:
    assert report["scanner"]["infected"].endswith("(infected)")
    assert (report["scanner"]["exit_code"], report["scanner"]["drained"]) == (0, "ready (clean)")
    opened = report["compatible_downloads"]
    assert (opened["exit_code"], opened["turned_away_with"]) == (0, "503")
    assert 0 < opened["resumed_at"] <= min(opened["recalled_at"], opened["expired_at"])
    assert max(opened["recalled_at"], opened["expired_at"]) < opened["of"]


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
        told = report["templates"][service]
        assert told["deployed_template_sha256"] == manifest[service]["template_sha256"]
        assert set(told["deployed_zip_sha256"].values()) == {manifest[service]["zip_sha256"]}
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
    # What the cost is counted from (deploy/cost/operations.json) is what a story asks for today.
    fresh, sample = load_recording(folder / "operations.json"), load_recording()
    assert sums_agree(fresh)
    assert {priced(name).price for name in fresh.operations} >= {priced(name).price for name in sample.operations}
    assert 0.7 < fresh.units.write / sample.units.write < 1.4


def _events_are_those_that_were_recorded(recordings: Path) -> None:
    """tests/events drives the services' apps with the recordings: `make cloud CLOUD="--record-events tests/events/emulated"` writes them anew."""
    for path in sorted(recordings.iterdir()):
        shown, kept = (
            {one for one in paths_of(event) if not one.startswith(OWN)}
            for event in (json.loads(path.read_text("utf-8")), emulated(path.stem))
        )
        assert shown == kept, path.stem
    assert len(list(recordings.iterdir())) == 5
