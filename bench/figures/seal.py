"""Sealing a file on a memory disk beside ``age -r``."""

from bench.figure import Figure, Measured, Plan
from bench.memory_disk import memory_disk
from bench.pairs import in_turn
from bench.peers import age


def measure(plan: Plan) -> Measured:
    """Ours also hashes: the digest of the file is part of what is sealed."""
    with memory_disk(plan) as disk:
        pairs = in_turn(plan.runs, disk.seal, {"age -r": disk.age_seals})
        return Measured(
            pairs,
            disk.checked,
            notes=[
                "both start a process, read a file and write a file, neither syncs; each output is opened again and compared"
            ],
            versions={"age": age.version()},
            flags={"age": age.SEAL_FLAGS, "ours": "fumibako.sealing.seal_file(source, target, key), one thread a core"},
            more={"file_system": disk.file_system},
        )


FIGURE = Figure(
    name="seal",
    title="Seal a file",
    unit="MB/s",
    goal=1.5,
    kind="rate",
    ours="encrypt and hash with all cores, from and to a memory disk",
    measure=measure,
    size=1024,
    size_unit="MiB",
    smallest=2,
    runs=5,
)
