"""Containers for tests: podman in a mount namespace and a storage of its own, as a process that is the container's.

Signals that the process gets go to the container, and its exit code is the container's.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# A cgroup tree of its own: where tests run in a container, the host's is not there to be used.
_INSIDE = 'umount -l /sys/fs/cgroup 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null; exec "$@"'
# Some hosts' root may not raise limits (CAP_SYS_RESOURCE), and podman asks runc to.
_RUNTIME = """#!{python}
import json, os, sys
words = sys.argv[1:]
for place, word in enumerate(words):
    bundle = words[place + 1] if word in ("--bundle", "-b") else word.partition("--bundle=")[2]
    if bundle:
        path = os.path.join(bundle, "config.json")
        config = json.load(open(path))
        config.get("process", {{}}).pop("rlimits", None)
        json.dump(config, open(path, "w"))
os.execv({runc!r}, ["runc", *words])
"""
# podman knows what a runtime can do by its name.
_NAME = "runc"
# Nobody, nothing writable, no rights to be gained.
SHUT = ("--read-only", "--tmpfs", "/tmp", "--cap-drop=all", "--security-opt", "no-new-privileges")


@dataclass(frozen=True)
class Podman:
    """``folder`` holds the images and the containers; ``state`` what podman wants under a path of at most 50 characters."""

    folder: Path
    state: Path

    def __post_init__(self) -> None:
        runtime = self.folder / _NAME
        if not runtime.exists():
            runtime.write_text(_RUNTIME.format(python=sys.executable, runc=shutil.which("runc")), "utf-8")
            runtime.chmod(0o755)

    def command(self, *arguments: str) -> list[str]:
        own = ["--root", str(self.folder / "storage"), "--runroot", str(self.state)]
        own += [
            "--storage-driver",
            "overlay",
            "--cgroup-manager",
            "cgroupfs",
            "--runtime",
            str(self.folder / _NAME),
        ]
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", _INSIDE, "sh", "podman", *own, *arguments]

    def load(self, archive: Path) -> str:
        """The id of the image in an archive."""
        said = subprocess.run(
            self.command("load", "--quiet", "--input", str(archive)), capture_output=True, text=True, timeout=120
        )
        assert said.returncode == 0, said.stderr
        return said.stdout.strip().rpartition(": ")[2]

    def once(self, image: str, *arguments: str, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(self._run(image, arguments, options), capture_output=True, text=True, timeout=60)

    @contextmanager
    def running(self, image: str, *arguments: str, options: Sequence[str] = ()) -> Iterator[subprocess.Popen[str]]:
        """A container that runs in the block; what is still there after it is killed."""
        with subprocess.Popen(
            self._run(image, arguments, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()

    def _run(self, image: str, arguments: Sequence[str], options: Sequence[str]) -> list[str]:
        given = ["run", "--rm", "--pids-limit=-1", "--network", "host", *SHUT, *options]
        return self.command(*given, image, *arguments)
