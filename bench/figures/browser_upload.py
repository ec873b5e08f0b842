"""The page's engine in Chromium sends a file, beside one ``fetch`` of the same bytes unencrypted in the same page."""

from bench.browser import chromium
from bench.browser.moving import NOTES, moving
from bench.content import file_system
from bench.figure import Figure, Measured, Plan
from bench.pairs import in_turn
from bench.peers import nginx


def measure(plan: Plan) -> Measured:
    """Ours seals, hashes, keeps its record, sends in parts and is durable at the end; the peer is one PUT."""
    with moving(plan) as both:
        pairs = in_turn(plan.runs, both.send, {"fetch PUT to nginx": both.put})
    return Measured(
        pairs,
        both.checked,
        notes=[
            *NOTES,
            "the peer's target is synced (file and folder) within the measured time; ours is durable when the page is told",
        ],
        versions={"chromium": chromium.version(), "nginx": nginx.version()},
        flags={
            "chromium": " ".join(chromium.FLAGS),
            "nginx": nginx.FLAGS,
            "peer": "fetch(url, {method: 'PUT', body: file})",
        },
        more={"file_system": file_system(plan.scratch)},
    )


FIGURE = Figure(
    name="browser_upload",
    title="Send a file in the browser",
    unit="MB/s",
    goal=0.6,
    kind="rate",
    ours="the page's engine in headless Chromium, managed, to the local runtime, durable at completion",
    measure=measure,
    size=512,
    size_unit="MiB",
    smallest=2,
    runs=5,
)
