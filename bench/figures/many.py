"""Many small files in one transfer beside ``rclone copy``: there, listed, and back."""

from collections.abc import Callable
from typing import Any

from bench.content import file_system, make_folder, remove, same_folders, sync_folder
from bench.figure import Figure, Measured, Plan
from bench.install import GET_FLAGS, SEND_FLAGS, Install, installed
from bench.pairs import in_turn
from bench.peers import rclone
from bench.processes import seconds_of

FILE_BYTES = 2048
TRANSFERS = 16


class Many:
    """Each method does all three steps and gives seconds; ``steps`` keeps those of each step."""

    def __init__(self, plan: Plan) -> None:
        self.count = plan.size
        self.source = make_folder(plan.scratch / "source", plan.size, FILE_BYTES, plan.seed)
        self.checked = True
        self.steps: dict[str, list[list[float]]] = {"ours": [], "rclone": []}
        self._back = plan.scratch / "back"

    def ours(self, install: Install) -> float:
        """Send the folder, list it, fetch every file, sealed and opened."""
        sent: dict[str, Any] = {}
        listed: list[str] = []

        def send() -> None:
            sent.update(install.send(self.source))
            install.wait_for(sent["id"], "ready")

        seconds = self._took(
            "ours",
            send,
            lambda: listed.extend(install.member.run(sent["id"], module="bench.lister").splitlines()),
            lambda: install.get(sent["id"], self._back),
        )
        self._compare(listed, self._back / self.source.name)
        install.destroy(sent["id"])
        return seconds

    def by_rclone(self, peer: rclone.Rclone) -> float:
        """Copy in, list, copy back; both folders synced."""
        listed: list[str] = []
        folder = peer.folder()

        def copy_in() -> None:
            peer.copy_in(self.source, folder, transfers=TRANSFERS)
            sync_folder(peer.root)

        def copy_out() -> None:
            peer.copy_out(folder, self._back / self.source.name, transfers=TRANSFERS)
            sync_folder(self._back)

        seconds = self._took("rclone", copy_in, lambda: listed.extend(peer.names(folder)), copy_out)
        self._compare(listed, self._back / self.source.name)
        remove(peer.root / folder)
        return seconds

    def _took(self, name: str, *steps: Callable[[], object]) -> float:
        taken = [seconds_of(step) for step in steps]
        self.steps[name].append([round(one, 3) for one in taken])
        return sum(taken)

    def _compare(self, listed: list[str], back: Any) -> None:
        self.checked = self.checked and len(set(listed)) == self.count and same_folders(self.source, back)
        remove(self._back)


def measure(plan: Plan) -> Measured:
    """The same folder for both."""
    many = Many(plan)
    with installed(plan.scratch / "ours") as install, rclone.rclone(plan.scratch / "rclone") as peer:
        pairs = in_turn(
            plan.runs, lambda: many.ours(install), {"rclone copy, lsf, copy back": lambda: many.by_rclone(peer)}
        )
    return Measured(
        pairs,
        many.checked,
        notes=[
            "the peer's folders are synced (syncfs) within the measured time; ours are durable when each command ends",
            "ours waits until the transfer may be fetched; the peer encrypts nothing",
        ],
        versions={"rclone": rclone.version()},
        flags={
            "ours": f"{SEND_FLAGS}; list of the files by the client's library; {GET_FLAGS}",
            "rclone": f"{rclone.COPY_FLAGS} (N = {TRANSFERS}); lsf -R --files-only --fast-list; {rclone.SERVE_FLAGS}",
        },
        more={"seconds of send, list, get": many.steps, "file_system": file_system(plan.scratch)},
    )


FIGURE = Figure(
    name="many",
    title="Many small files: send, list, fetch",
    unit="s",
    goal=2.0,
    kind="time",
    ours="fumibako send of a folder of files of 2 KiB, list of it, fumibako get of all",
    measure=measure,
    size=10_000,
    size_unit="files",
    smallest=30,
    runs=3,
)
