"""``fumibako send`` beside what people use today to pass a large file on without showing it to everybody."""

from functools import partial
from statistics import median

from bench.content import file_system
from bench.figure import Figure, Measured, Plan
from bench.install import SEND_FLAGS, installed
from bench.pairs import in_turn
from bench.peers import age, curl, nginx, rclone, wormhole
from bench.sending import NOTES, Sending

WORMHOLE = "magic-wormhole"


def measure(plan: Plan) -> Measured:
    """One of ours to a round of all three peers."""
    sending, keys = Sending(plan), age.Age(plan.scratch)
    with (
        installed(plan.scratch / "ours") as install,
        nginx.nginx(plan.scratch / "nginx") as web,
        rclone.rclone(plan.scratch / "rclone") as webdav,
        wormhole.wormhole(plan.scratch / "wormhole") as relay,
    ):
        peers = {
            WORMHOLE: partial(sending.by_wormhole, relay),
            "rclone copy to rclone serve webdav": partial(sending.by_rclone, webdav),
            "age | curl -T to nginx": partial(sending.by_age_and_curl, web, keys),
        }
        pairs = in_turn(plan.runs, partial(sending.ours, install), peers)
    return Measured(
        pairs,
        sending.checked,
        notes=[*NOTES, _both_ways(sending, [peer for _, peer in pairs[WORMHOLE]]), "rclone encrypts nothing"],
        versions={name: peer.version() for name, peer in (("age", age), ("curl", curl), ("nginx", nginx))}
        | {"rclone": rclone.version(), "wormhole": wormhole.version()},
        flags={
            "ours": SEND_FLAGS,
            "wormhole": wormhole.FLAGS,
            "rclone": f"{rclone.COPY_FLAGS} (N = 4); {rclone.SERVE_FLAGS}",
            "age and curl": age.PIPE_FLAGS,
            "nginx": nginx.FLAGS,
        },
        more={"file_system": file_system(plan.scratch)},
    )


def _both_ways(sending: Sending, wormhole_rates: list[float]) -> str:
    """A wormhole ends at the receiver, ``send`` at the server: the comparison with the fetching added."""
    seconds = [sending.size / 1e6 / rate for rate in wormhole_rates]
    ratio = median(peer / (send + get) for (send, get), peer in zip(sending.ours_seconds, seconds, strict=True))
    return (
        "a wormhole's time ends at the receiver's disk, that of send at the server's; "
        f"send and get one after the other, both durable, beside the wormhole: ratio {ratio:.3g}"
    )


FIGURE = Figure(
    name="upload_peers",
    title="Send a file, beside other tools",
    unit="MB/s",
    goal=2.0,
    kind="rate",
    ours="fumibako send, managed, to the local runtime, durable at completion",
    measure=measure,
    size=2048,
    size_unit="MiB",
    smallest=2,
    runs=3,
)
