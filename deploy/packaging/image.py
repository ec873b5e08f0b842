"""The image: a base of Debian packages, and one layer of ours over it. Made by buildah without a daemon, by root or in a user namespace.

The base changes only when Debian does, and is named by its digest; over one base our layer, and so the image, is the same byte for byte.
No registry is named: packages come from where this machine's apt takes them.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.errors import Refused
from deploy.packaging.image_root import IMAGE, make_root

SUITE: Final = "bookworm"
# tini is the init; python3 has no pip with it.
PACKAGES: Final = ("ca-certificates", "python3", "tini")
TOOLS: Final = ("buildah", "mmdebstrap")
USER: Final = 10001
_LEFT_OUT: Final = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_KEPT: Final = ("/usr/share/doc/*/copyright",)
# 2025-01-01: the date of every file of the base.
_EPOCH: Final = "1735689600"


@dataclass(frozen=True)
class Image:
    """``archive`` is an OCI archive, ``digest`` its manifest's, ``base`` the base's, both as sha256:<hex>."""

    archive: Path
    digest: str
    base: str
    size: int


@dataclass(frozen=True)
class Store:
    """buildah's own storage below a folder, so that nothing of this machine's is touched."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """A buildah command line over this store."""
        own = [
            "--root",
            str(self.folder / "storage"),
            "--runroot",
            str(self.folder / "run"),
            "--storage-driver",
            "overlay",
        ]
        return ["buildah", *own, *arguments]

    def run(self, *arguments: str) -> str:
        """Run buildah; gives what it printed. Raises Refused("image_failed") with its last line."""
        return _run(self.command(*arguments))

    def empty(self) -> None:
        """Let go of all images and containers, mounts included."""
        subprocess.run(self.command("rm", "--all"), capture_output=True, check=False)
        subprocess.run(self.command("rmi", "--all", "--force"), capture_output=True, check=False)


def missing_tools() -> list[str]:
    """Programs that are needed and not there."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def build_image(
    build: Path, *, page: Path | None = None, root: Path | None = None, store: Store | None = None
) -> Image:
    """Build below ``build``/image: base.tar (kept), root, and fumibako.tar. Raises Refused.

    ``root`` is one that make_root made before; ``store`` keeps the base between builds, and is its owner's to empty.
    """
    missing = missing_tools()
    if missing:
        raise Refused("tools_missing", f"{', '.join(missing)} is not installed.", "Run `make packages`.")
    folder = build / "image"
    folder.mkdir(parents=True, exist_ok=True)
    root = root or make_root(folder / "context" / "root", build / "wheels", page=page)
    base = base_archive(folder)
    if store is not None:
        return _built(store, base, root.parent, folder / "fumibako.tar")
    with tempfile.TemporaryDirectory(dir=folder, prefix="store-") as scratch:
        passing = Store(Path(scratch))
        try:
            return _built(passing, base, root.parent, folder / "fumibako.tar")
        finally:
            passing.empty()


def base_archive(folder: Path) -> Path:
    """The base as a tar, made once for this machine's apt sources and our list of packages."""
    sources = _apt_sources()
    key = hashlib.sha256(
        "\n".join([SUITE, *PACKAGES, *(path.read_text("utf-8") for path in sources)]).encode()
    ).hexdigest()[:16]
    made = folder / f"base-{key}.tar"
    if made.is_file():
        return made
    part = made.with_suffix(".part.tar")
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    command += [f"--dpkgopt=path-include={pattern}" for pattern in _KEPT]
    command += [f"--customize-hook={hook}" for hook in _HOOKS]
    _run([*command, SUITE, str(part), *map(str, sources)], environment={"SOURCE_DATE_EPOCH": _EPOCH})
    part.rename(made)
    return made


# An account without a home or a shell; and nothing of apt's is kept, which would differ from day to day.
_HOOKS: Final = (
    f'chroot "$1" useradd --system --uid {USER} --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fumibako',
    'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/* "$1"/var/log/* "$1"/etc/apt/sources.list* "$1"/etc/apt/apt.conf.d/*proxy*',
    'rm -f "$1"/etc/hostname "$1"/etc/resolv.conf "$1"/etc/machine-id',
)


def _apt_sources() -> list[Path]:
    """This machine's own sources, whatever they are."""
    listed = Path("/etc/apt/sources.list")
    more = sorted(Path("/etc/apt/sources.list.d").glob("*.sources")) + sorted(
        Path("/etc/apt/sources.list.d").glob("*.list")
    )
    return [path for path in (listed, *more) if path.is_file() and path.read_text("utf-8").strip()]


def _built(store: Store, base: Path, context: Path, archive: Path) -> Image:
    base_digest = _base_in(store, base)
    shutil.copyfile(IMAGE / "Containerfile", context / "Containerfile")
    store.run(
        "bud",
        "--quiet",
        "--no-cache",
        "--isolation",
        "chroot",
        "--timestamp",
        _EPOCH,
        "--build-arg",
        f"BASE_IMAGE={base_digest.removeprefix('sha256:')}",
        "-t",
        "fumibako",
        str(context),
    )
    archive.unlink(missing_ok=True)
    store.run(
        "push",
        "--quiet",
        "--digestfile",
        str(archive.with_suffix(".digest")),
        "fumibako",
        f"oci-archive:{archive}:fumibako",
    )
    digest = archive.with_suffix(".digest").read_text("utf-8").strip()
    return Image(archive, digest, base_digest, archive.stat().st_size)


def _base_in(store: Store, base: Path) -> str:
    """The digest of the base in the store, brought in where it is not there yet."""
    name = f"localhost/fumibako-{base.stem}"
    if subprocess.run(store.command("inspect", "--type", "image", name), capture_output=True, check=False).returncode:
        container = store.run("from", "scratch").strip()
        store.run("add", "--quiet", container, str(base), "/")
        store.run("commit", "--quiet", "--rm", "--timestamp", _EPOCH, container, name)
    found: dict[str, Any] = json.loads(store.run("inspect", "--type", "image", name))
    return f"sha256:{found['FromImageID']}"


def _run(command: Sequence[str], *, environment: Mapping[str, str] | None = None) -> str:
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **(environment or {})}
    )
    if ended.returncode:
        last = (ended.stderr.strip() or ended.stdout.strip() or "nothing").splitlines()[-1]
        raise Refused("image_failed", f"{command[0]} said: {last}", "Run it by hand to see all that it says.")
    return ended.stdout
