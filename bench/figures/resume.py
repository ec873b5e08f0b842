"""What a killed ``fumibako send`` sends again: counted on the line, beside the size of the file."""

import contextlib
import os
import random
import re
import signal
import urllib.request

from bench.content import MIB, make_file, remove, sha256
from bench.counted_line import CountedLine
from bench.figure import Figure, Measured, Plan
from bench.install import GUEST, SEND_FLAGS, Install, installed, wait
from bench.processes import Failed, free_port
from fumibako_format.streaming import ciphertext_size

_HOW = ("--to", GUEST, "--hold", "0", "--proof", "link", "--expires", "1d", "--json")
_RECEIVED = re.compile(r"^fumibako_blob_bytes_received_total (\S+)$", re.MULTILINE)


def _received(install: Install) -> int:
    """Bytes of parts that the server made durable, by its own metrics."""
    with urllib.request.urlopen(f"{install.url}/metrics", timeout=10) as answer:
        found = _RECEIVED.search(answer.read().decode())
    return int(float(found[1])) if found else 0


def _killed(install: Install, line: CountedLine, command: list[str], after: int) -> None:
    """Started, and killed with SIGKILL as soon as so many bytes have left it. Raises Failed where it ended by itself."""
    process = install.member.start(*command)
    try:
        wait(
            lambda: line.sent >= after or process.poll() is not None,
            "half of the file has left",
            pause=0.002,
            seconds=3600,
        )
        if process.poll() is not None:
            raise Failed("the command ended before it was killed")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def measure(plan: Plan) -> Measured:
    """Cut at half of it, then the same command again. Every byte that left the client is counted, headers and JSON too."""
    source = make_file(plan.scratch / "source.bin", plan.size * MIB, plan.seed)
    digest, stored = sha256(source), ciphertext_size(plan.size * MIB)
    port, chance = free_port(), random.Random(plan.seed)
    pairs: list[tuple[float, float]] = []
    more: list[dict[str, int]] = []
    checked = True
    with CountedLine(port) as line, installed(plan.scratch / "ours", base_url=line.url, port=port) as install:
        for _ in range(plan.runs):
            before, kept = line.sent, _received(install)
            # Not at the border of a part, where by chance nothing could be under way.
            half = stored // 2 + chance.randrange(min(32 * MIB, stored // 8))
            _killed(install, line, ["send", str(source), *_HOW], before + half)
            at_kill = line.sent - before
            sent = install.member.json("send", str(source), *_HOW[:-1])
            again = line.sent - before - stored
            more.append({"at_kill": at_kill, "again": again, "parts_again": _received(install) - kept - stored})
            pairs.append((again / 1e6, plan.size * MIB / 1e6))
            install.wait_for(sent["id"], "ready")
            folder = plan.scratch / "received"
            install.get(sent["id"], folder)
            checked = checked and bool(sent["resumed"]) and sha256(folder / source.name) == digest
            remove(folder)
            install.destroy(sent["id"])
    return Measured(
        {"size of the file": pairs},
        checked,
        notes=[
            "killed at half of it and up to 32 MiB more, by the seed, so that parts are under way",
            "again: all bytes that left the client, headers and JSON included, less the size of the sealed file",
            "as many parts in flight as upload has: both use the command's own default",
            "parts_again: bytes of whole parts that the server got twice, by its own metrics",
        ],
        flags={"ours": SEND_FLAGS},
        more={"runs": more},
    )


FIGURE = Figure(
    name="resume",
    title="Bytes sent again after kill -9 at half of the file",
    unit="MB",
    goal=0.02,
    kind="share",
    ours="bytes that fumibako send sends twice",
    measure=measure,
    size=10240,
    size_unit="MiB",
    smallest=64,
    runs=1,
)
