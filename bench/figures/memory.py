"""Peak memory of client and server while a large file passes, beside a tenth of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.content import MIB, make_file, remove, sha256
from bench.figure import Figure, Measured, Plan
from bench.install import GET_FLAGS, SEND_FLAGS, installed
from bench.memory_of import peak_of_family

CLIENT_LIMIT_MB, SERVER_LIMIT_MB = 300, 250


@dataclass(frozen=True)
class Peaks:
    """In MB (10^6 bytes). ``server``: all its processes together."""

    send: float
    get: float
    server: float
    checked: bool


def passed_through(folder: Path, size: int, seed: int) -> Peaks:
    """Send and fetch ``size`` bytes by an install of its own, started for this alone."""
    folder.mkdir()
    with installed(folder / "ours") as install:
        source, received = make_file(folder / "source.bin", size, seed), folder / "received"
        digest = sha256(source)

        def measured(verb: str) -> dict[str, Any]:
            return {"module": "bench.measured_client", "extra": {"BENCH_PEAK": str(folder / verb)}}

        sent = install.send(source, **measured("send"))
        install.wait_for(sent["id"], "ready")
        source.unlink()
        install.get(sent["id"], received, **measured("get"))
        checked = sha256(received / source.name) == digest
        server = peak_of_family(install.process.pid)
    send, get = (int((folder / verb).read_text()) for verb in ("send", "get"))
    remove(folder)
    return Peaks(send / 1e6, get / 1e6, server / 1e6, checked)


def measure(plan: Plan) -> Measured:
    """Small and large in turn, each through a runtime of its own."""
    size = plan.size * MIB
    rounds = [
        (
            passed_through(plan.scratch / "large", size, plan.seed),
            passed_through(plan.scratch / "small", size // 10, plan.seed),
        )
        for _ in range(plan.runs)
    ]
    kept = all(max(large.send, large.get) <= CLIENT_LIMIT_MB and large.server <= SERVER_LIMIT_MB for large, _ in rounds)
    limits = f"client {CLIENT_LIMIT_MB} MB, server (all processes together) {SERVER_LIMIT_MB} MB"
    return Measured(
        {
            "send of a tenth": [(large.send, small.send) for large, small in rounds],
            "get of a tenth": [(large.get, small.get) for large, small in rounds],
            "server with a tenth": [(large.server, small.server) for large, small in rounds],
        },
        all(one.checked for pair in rounds for one in pair),
        notes=[f"limits {'kept' if kept else 'NOT kept'}: {limits}", "VmHWM of each process at its end (proc(5))"],
        flags={"ours": f"{SEND_FLAGS}; {GET_FLAGS}"},
        held=kept,
    )


FIGURE = Figure(
    name="memory",
    title="Peak memory for a large file and for a tenth of it",
    unit="MB",
    goal=1.1,
    kind="share",
    ours="peak resident memory of send, of get and of the server while the whole size passes",
    measure=measure,
    size=10240,
    size_unit="MiB",
    smallest=40,
    runs=1,
)
