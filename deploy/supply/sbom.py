"""Bills of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/): what is in each zip, in each image, in the page.

They are read from what was built, not from what was asked for: the metadata that each distribution brings into a zip or an image, and dpkg's own
list in an image. No date and no random number: the same build has the same bill.
"""

import email.parser
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from deploy.names import SERVICES
from deploy.packaging.archive import digest, read_zip
from deploy.supply.gathering import IMAGES, archive_digest
from deploy.supply.image_files import image_files

_METADATA: Final = re.compile(r"(?:^|.*/)[^/]+\.dist-info/METADATA$")
_DPKG: Final = "var/lib/dpkg/status"
# `chalice package` lays its run-time part into a zip without metadata; the module says its version.
_CHALICE: Final = "chalice/app.py"
_VERSION: Final = re.compile(rb"""^__version__[^=\n]*= *["']([0-9.]+)""", re.MULTILINE)
# Compiled into the page, though its lock file calls them tools.
_COMPILED_IN: Final = ("clsx", "esm-env", "svelte")
# Longer ones are the whole text of a licence.
_LICENCE_CHARACTERS: Final = 80


@dataclass(frozen=True, order=True)
class Component:
    """One thing that somebody else made. ``kind`` is the type of a package URL: pypi, deb/debian or npm."""

    kind: str
    name: str
    version: str
    licence: str = ""
    expression: str = ""
    architecture: str = ""

    @property
    def purl(self) -> str:
        """https://github.com/package-url/purl-spec."""
        place = f"pkg:{self.kind}/{quote(self.name, safe='/')}@{quote(self.version, safe='')}"
        return f"{place}?arch={self.architecture}" if self.architecture else place

    def told(self) -> dict[str, Any]:
        """Its entry of a bill."""
        entry = {"type": "library", "bom-ref": self.purl, "name": self.name, "version": self.version, "purl": self.purl}
        if self.expression:
            return {**entry, "licenses": [{"expression": self.expression}]}
        return {**entry, "licenses": [{"license": {"name": self.licence}}]} if self.licence else entry


def bill(name: str, version: str, sha256: str, components: Iterable[Component]) -> dict[str, Any]:
    """The bill of one artifact; ``sha256`` is the artifact's own, in hexadecimal."""
    held = sorted(set(components))
    own = f"pkg:generic/{name}@{quote(version, safe='')}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{own}?sha256={sha256}')}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": name,
                "version": version,
                "purl": own,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
            }
        },
        "components": [one.told() for one in held],
        "dependencies": [{"ref": own, "dependsOn": [one.purl for one in held]}],
    }


def components_of(files: Mapping[str, bytes]) -> list[Component]:
    """Distributions and Debian packages among these files (path without a leading slash -> content)."""
    found = [_distribution(content) for name, content in files.items() if _METADATA.match(name)]
    return sorted({*found, *_chalice(files), *_debian(files.get(_DPKG, b"").decode("utf-8"))})


def page_components(lock: Mapping[str, Any]) -> list[Component]:
    """What the page's build takes from npm, by web/package-lock.json: what is not for development, nor for one system alone, and Svelte's own part."""
    packages = {name.rpartition("node_modules/")[2]: one for name, one in lock["packages"].items() if name}
    return sorted(
        Component("npm", name, one["version"], expression=one.get("license", ""))
        for name, one in packages.items()
        if name in _COMPILED_IN or not (one.get("dev") or one.get("optional"))
    )


def write_bills(build: Path, web: Path, version: str) -> list[Path]:
    """Write build/sbom/*.cdx.json of everything that lies below ``build``; gives their paths.

    A page's bill is named by its headers.json, which says every file's rule. Images that were not built have none.
    """
    made: dict[str, dict[str, Any]] = {}
    for service in SERVICES:
        path = build / "packages" / service / "deployment.zip"
        name = f"fumibako-{service}"
        made[name] = bill(name, version, digest(path), components_of(read_zip(path)))
    for name, where in sorted(IMAGES.items()):
        archive = build / where
        if archive.is_file():
            sha256 = archive_digest(archive).removeprefix("sha256:")
            files = image_files(archive, lambda one: one == _DPKG or bool(_METADATA.match(one)))
            made[f"{name}-image"] = bill(f"{name}-image", version, sha256, components_of(files))
    lock = json.loads((web / "package-lock.json").read_text("utf-8"))
    headers = web / "build" / "page" / "headers.json"
    if headers.is_file():
        made["fumibako-page"] = bill("fumibako-page", version, digest(headers), page_components(lock))
    folder = build / "sbom"
    folder.mkdir(parents=True, exist_ok=True)
    for name, one in made.items():
        (folder / f"{name}.cdx.json").write_text(json.dumps(one, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return [folder / f"{name}.cdx.json" for name in made]


def _distribution(metadata: bytes) -> Component:
    # https://packaging.python.org/en/latest/specifications/core-metadata/; names normalized as in PEP 503.
    read = email.parser.BytesHeaderParser().parsebytes(metadata)
    licence = str(read.get("License", "")).strip()
    short = licence if len(licence) <= _LICENCE_CHARACTERS and "\n" not in licence else ""
    return Component(
        "pypi",
        re.sub(r"[-_.]+", "-", str(read["Name"])).lower(),
        str(read["Version"]),
        licence=short,
        expression=str(read.get("License-Expression", "")),
    )


def _chalice(files: Mapping[str, bytes]) -> list[Component]:
    found = _VERSION.search(files.get(_CHALICE, b""))
    return [Component("pypi", "chalice", found[1].decode(), expression="Apache-2.0")] if found else []


def _debian(status: str) -> list[Component]:
    """Packages that dpkg calls installed (deb-control(5), dpkg(1))."""
    read = [email.parser.HeaderParser().parsestr(one) for one in status.split("\n\n") if one.strip()]
    return [
        Component("deb/debian", str(one["Package"]), str(one["Version"]), architecture=str(one["Architecture"]))
        for one in read
        if str(one["Status"]).endswith(" installed")
    ]
