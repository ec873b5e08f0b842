"""``fumibako send`` to the local runtime beside ``curl -T`` into nginx: the limit of this machine, unencrypted."""

from functools import partial

from bench.content import file_system
from bench.figure import Figure, Measured, Plan
from bench.install import SEND_FLAGS, installed
from bench.pairs import in_turn
from bench.peers import curl, nginx
from bench.sending import NOTES, Sending


def measure(plan: Plan) -> Measured:
    """Ours seals, hashes, sends in parts and is durable at the end; the peer writes the bytes as they are."""
    sending = Sending(plan)
    with installed(plan.scratch / "ours") as install, nginx.nginx(plan.scratch / "nginx") as server:
        pairs = in_turn(
            plan.runs, partial(sending.ours, install), {"curl -T to nginx": partial(sending.by_curl, server)}
        )
    return Measured(
        pairs,
        sending.checked,
        notes=[*NOTES, "the peer encrypts nothing"],
        versions={"curl": curl.version(), "nginx": nginx.version()},
        flags={"curl": curl.UPLOAD_FLAGS, "nginx": nginx.FLAGS, "ours": SEND_FLAGS},
        more={"file_system": file_system(plan.scratch)},
    )


FIGURE = Figure(
    name="upload",
    title="Send a file",
    unit="MB/s",
    goal=0.7,
    kind="rate",
    ours="fumibako send, managed, to the local runtime, durable at completion",
    measure=measure,
    size=2048,
    size_unit="MiB",
    smallest=2,
    runs=3,
)
