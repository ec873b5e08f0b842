"""Many small files in one transfer beside ``rclone copy``: there, listed, and back as one zip."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.content import file_system, make_folder, remove, same_folders, sync_folder
from bench.figure import Figure, Measured, Plan
from bench.install import SEND_FLAGS, Install, installed
from bench.pairs import in_turn
from bench.peers import rclone
from bench.processes import seconds_of

FILE_BYTES = 2048
TRANSFERS = 16
COPY = "rclone copy, lsf, copy back"
ARCHIVE = "rclone copy, lsf, archive create"


class Many:
    """Each method does its steps and gives seconds; ``steps`` keeps those of each step."""

    def __init__(self, plan: Plan) -> None:
        self.count = plan.size
        self.source = make_folder(plan.scratch / "source", plan.size, FILE_BYTES, plan.seed)
        self.checked = True
        self.steps: dict[str, list[dict[str, float]]] = {"ours": [], "rclone": []}
        self._back = plan.scratch / "back"

    def ours(self, install: Install) -> float:
        """Send the folder, list it, fetch it as a zip, sealed and opened. Fetched into a folder too, which is told and not counted."""
        sent: dict[str, Any] = {}
        listed: list[str] = []

        def send() -> None:
            sent.update(install.send(self.source))
            install.member.run("wait", sent["id"], "--for", "ready")

        zipped = self._back / "all.zip"
        took = self._took(
            "ours",
            send=send,
            list=lambda: listed.extend(install.member.run(sent["id"], module="bench.lister").splitlines()),
            zip=lambda: install.member.json("get", sent["id"], "--zip", str(zipped)),
            folder=lambda: install.get(sent["id"], self._back / "folder"),
        )
        self._compare_zip(zipped, self.source.name)
        self._compare(listed, self._back / "folder" / self.source.name)
        install.destroy(sent["id"])
        return took["send"] + took["list"] + took["zip"]

    def by_rclone(self, peer: rclone.Rclone) -> dict[str, float]:
        """Copy in, list, copy back; and archived in the place of copied back. Durable on both sides."""
        listed: list[str] = []
        folder = peer.folder()

        def copy_in() -> None:
            peer.copy_in(self.source, folder, transfers=TRANSFERS)
            sync_folder(peer.root)

        def copy_out() -> None:
            peer.copy_out(folder, self._back / self.source.name, transfers=TRANSFERS)
            sync_folder(self._back)

        def zip_out() -> None:
            peer.zip_out(folder, self._back / "all.zip")
            sync_folder(self._back)

        self._back.mkdir()
        names = lambda: listed.extend(peer.names(folder))  # noqa: E731
        took = self._took("rclone", copy=copy_in, list=names, back=copy_out, zip=zip_out)
        self._compare_zip(self._back / "all.zip", "")
        self._compare(listed, self._back / self.source.name)
        remove(peer.root / folder)
        there = took["copy"] + took["list"]
        return {COPY: there + took["back"], ARCHIVE: there + took["zip"]}

    def _took(self, name: str, **steps: Callable[[], object]) -> dict[str, float]:
        taken = {step: seconds_of(work) for step, work in steps.items()}
        self.steps[name].append({step: round(seconds, 3) for step, seconds in taken.items()})
        return taken

    def _compare_zip(self, path: Path, inside: str) -> None:
        """What any other program makes of the zip."""
        folder = path.with_suffix("")
        with zipfile.ZipFile(path) as opened:
            opened.extractall(folder)
        self.checked = self.checked and same_folders(self.source, folder / inside)

    def _compare(self, listed: list[str], back: Path) -> None:
        self.checked = self.checked and len(set(listed)) == self.count and same_folders(self.source, back)
        remove(self._back)


def measure(plan: Plan) -> Measured:
    """The same folder for both."""
    many = Many(plan)
    with installed(plan.scratch / "ours") as install, rclone.rclone(plan.scratch / "rclone") as peer:
        taken: dict[str, float] = {}

        def copied() -> float:
            taken.update(many.by_rclone(peer))
            return taken[COPY]

        pairs = in_turn(plan.runs, lambda: many.ours(install), {COPY: copied, ARCHIVE: lambda: taken[ARCHIVE]})
    return Measured(
        pairs,
        many.checked,
        notes=[
            "the peer's folders are synced (syncfs) within the measured time; ours are durable when each command ends",
            "ours waits until the transfer may be fetched; the peer encrypts nothing",
            f"copied in and listed once a run, then both copied back and archived; {_into_folder(many)}",
        ],
        versions={"rclone": rclone.version()},
        flags={
            "ours": f"{SEND_FLAGS}; wait ID --for ready; list of the files by the client's library; get ID --zip FILE --json",
            "rclone": f"{rclone.COPY_FLAGS} (N = {TRANSFERS}); lsf -R --files-only --fast-list; "
            f"archive create :webdav:FOLDER FILE.zip; {rclone.SERVE_FLAGS}",
        },
        more={"seconds of each step": many.steps, "file_system": file_system(plan.scratch)},
    )


def _into_folder(many: Many) -> str:
    """Ours into a folder beside ``rclone copy`` back into one: the median of the runs."""
    ratios = sorted(
        (peer["copy"] + peer["list"] + peer["back"]) / (own["send"] + own["list"] + own["folder"])
        for own, peer in zip(many.steps["ours"], many.steps["rclone"], strict=True)
    )
    return f"into a folder of {many.count:,} files in the place of a zip ours is at {ratios[len(ratios) // 2]:.3g} of the copy"


FIGURE = Figure(
    name="many",
    title="Many small files: send, list, fetch",
    unit="s",
    goal=2.0,
    kind="time",
    ours="fumibako send of a folder of files of 2 KiB, list of it, fumibako get of all as one zip",
    measure=measure,
    size=10_000,
    size_unit="files",
    smallest=30,
    runs=3,
)
