"""Bills of materials held against what is inside: nothing in a zip, an image or the page is without its line."""

import importlib.metadata
import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy.__main__ import main
from deploy.errors import Refused
from deploy.names import SERVICES
from deploy.packaging.archive import digest, read_zip
from deploy.packaging.staging import ROOT
from deploy.supply.image_files import image_files
from deploy.supply.sbom import bill, components_of, page_components, write_bills
from tests.deploy.packaging.conftest import Packages, packages  # noqa: F401  # a fixture
from tests.deploy.pipeline.releases import write_image

# What is ours in a zip.
OURS = {"app.py", "chalicelib", "fumibako_format"}
STATUS = """Package: tini
Status: install ok installed
Architecture: amd64
Version: 0.19.0-1+b3
Description: init
 a second line

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: base-files
Status: install ok installed
Architecture: all
Version: 1:12.4
"""
WHEEL = "opt/lib/Some_Thing-1.0.dist-info/METADATA"
METADATA = b"Metadata-Version: 2.4\nName: Some_Thing\nVersion: 1.0\nLicense-Expression: MIT\n\nName: not this one\n"


@pytest.fixture(scope="module")
def bills(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:  # noqa: F811
    """The bills of this run's packages."""
    build = tmp_path_factory.mktemp("bills")
    (build / "packages").symlink_to(packages.build / "packages")
    return {path.name: json.loads(path.read_text("utf-8")) for path in write_bills(build, ROOT / "web", "1.2.3")}


def names(one: dict[str, Any]) -> set[str]:
    return {component["name"] for component in one["components"]}


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_a_zip_holds_what_its_bill_says(packages: Packages, bills: dict[str, dict[str, Any]], service: str) -> None:  # noqa: F811
    """Each top-level name of the zip is ours, or of a distribution in the bill by that distribution's own RECORD."""
    files = read_zip(packages.folder(service) / "deployment.zip")
    one = bills[f"fumibako-{service}.cdx.json"]
    records = [content.decode() for name, content in files.items() if name.endswith(".dist-info/RECORD")]
    recorded = {line.split(",")[0] for record in records for line in record.splitlines()}
    rest = {name for name in files if name not in recorded and name.split("/")[0] not in OURS}
    assert {name.split("/")[0] for name in rest} == {"chalice"}
    assert len(one["components"]) == len(records) + 1
    assert names(one) == {"chalice", *_distributions(packages, service)}
    chalice = next(each for each in one["components"] if each["name"] == "chalice")
    assert chalice["version"] == importlib.metadata.version("chalice")
    assert one["metadata"]["component"]["hashes"][0]["content"] == digest(packages.folder(service) / "deployment.zip")


def _distributions(packages: Packages, service: str) -> list[str]:  # noqa: F811
    """Names of the wheels that were laid in (PEP 427)."""
    wheels = packages.manifest["services"][service]["distributions"]
    return [one.partition("-")[0].lower().replace("_", "-") for one in wheels]


@pytest.mark.slow
def test_versions_are_the_locked_ones(bills: dict[str, dict[str, Any]]) -> None:
    lock = (ROOT / "requirements" / "services.lock").read_text("utf-8")
    for service in SERVICES:
        for one in bills[f"fumibako-{service}.cdx.json"]["components"]:
            assert f"{one['name']}=={one['version']} " in lock, one["name"]


def test_an_image_is_read_layer_over_layer(tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    below = {
        "./var/lib/dpkg/status": STATUS.encode(),
        WHEEL: METADATA,
        "opt/old/a.dist-info/METADATA": METADATA,
        "etc/x": b"",
    }
    above = {"opt/.wh.old": b"", "etc/.wh..wh..opq": b"", "etc/y": b"y"}
    write_image(archive, below, above)
    files = image_files(archive, lambda name: True)
    assert files == {"var/lib/dpkg/status": STATUS.encode(), WHEEL: METADATA, "etc/y": b"y"}
    assert [one.purl for one in components_of(files)] == [
        "pkg:deb/debian/base-files@1%3A12.4?arch=all",
        "pkg:deb/debian/tini@0.19.0-1%2Bb3?arch=amd64",
        "pkg:pypi/some-thing@1.0",
    ]


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"no archive")
    with pytest.raises(Refused, match="image_unreadable"):
        image_files(tmp_path / "image.tar", lambda name: True)


def test_the_page_names_what_is_compiled_into_it() -> None:
    """Every package that the page's sources or Svelte's own run-time part import by name has a line."""
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    found = {one.name for one in page_components(lock)}
    imported: set[str] = set()
    for path in sorted((ROOT / "web" / "src").rglob("*")):
        if path.suffix in {".ts", ".svelte"} and not path.name.endswith(".test.ts"):
            text = path.read_text("utf-8")
            imported |= set(re.findall(r"""(?:from|import)\s*\(?\s*["']([a-z@][^"':]*)["']""", text))
    packages_of_the_page = {_package(name) for name in imported}
    assert packages_of_the_page
    assert packages_of_the_page <= found
    assert {"clsx", "esm-env", "svelte"} <= found
    assert not found & {"vite", "typescript", "vitest"}


def _package(name: str) -> str:
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]


def test_a_bill_has_the_form_of_cyclonedx() -> None:
    one = bill("fumibako-x", "1.2.3", "ab" * 32, components_of({WHEEL: METADATA}))
    again = bill("fumibako-x", "1.2.3", "ab" * 32, components_of({WHEEL: METADATA}))
    assert one == again
    assert (one["bomFormat"], one["specVersion"], one["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one["serialNumber"])
    assert one["components"] == [
        {
            "type": "library",
            "bom-ref": "pkg:pypi/some-thing@1.0",
            "name": "some-thing",
            "version": "1.0",
            "purl": "pkg:pypi/some-thing@1.0",
            "licenses": [{"expression": "MIT"}],
        }
    ]
    assert one["dependencies"] == [{"ref": "pkg:generic/fumibako-x@1.2.3", "dependsOn": ["pkg:pypi/some-thing@1.0"]}]
    assert bill("fumibako-x", "1.2.3", "cd" * 32, [])["serialNumber"] != one["serialNumber"]


def test_without_packages_there_is_no_bill(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sbom", "--build", str(tmp_path)]) == 2
    assert "[packages_missing]" in capsys.readouterr().err
