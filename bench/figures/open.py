"""Opening a sealed file on a memory disk beside ``age -d``."""

from bench.figure import Figure, Measured, Plan
from bench.memory_disk import memory_disk
from bench.pairs import in_turn
from bench.peers import age


def measure(plan: Plan) -> Measured:
    """Each opens what its own side sealed."""
    with memory_disk(plan) as disk:
        disk.seal_all()
        pairs = in_turn(plan.runs, disk.open, {"age -d": disk.age_opens})
        return Measured(
            pairs,
            disk.checked,
            notes=[
                "both start a process, read a file and write a file, neither syncs; each output is compared with the source"
            ],
            versions={"age": age.version()},
            flags={"age": age.OPEN_FLAGS, "ours": "fumibako.sealing.open_file(source, target, key), one thread a core"},
            more={"file_system": disk.file_system},
        )


FIGURE = Figure(
    name="open",
    title="Open a sealed file",
    unit="MB/s",
    goal=1.5,
    kind="rate",
    ours="decrypt, verify and hash with all cores, from and to a memory disk",
    measure=measure,
    size=1024,
    size_unit="MiB",
    smallest=2,
    runs=5,
)
