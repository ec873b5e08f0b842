"""The page's engine in Chromium fetches a file, beside one ``fetch`` of the same bytes unencrypted in the same page."""

from functools import partial

from bench.browser import chromium
from bench.browser.moving import NOTES, moving
from bench.content import file_system
from bench.figure import Figure, Measured, Plan
from bench.pairs import in_turn
from bench.peers import nginx


def measure(plan: Plan) -> Measured:
    """Both write to a file of the browser by createWritable, and end when it is closed."""
    with moving(plan) as both:
        transfer = both.transfer()
        pairs = in_turn(plan.runs, partial(both.fetch, transfer), {"fetch GET from nginx": both.get})
    return Measured(
        pairs,
        both.checked,
        notes=[
            *NOTES,
            "both write to the origin's own folder, which is written as picked files are; a dialog can't be answered without a person",
        ],
        versions={"chromium": chromium.version(), "nginx": nginx.version()},
        flags={
            "chromium": " ".join(chromium.FLAGS),
            "nginx": nginx.FLAGS,
            "peer": "(await fetch(url)).body.pipeTo(writable)",
        },
        more={"file_system": file_system(plan.scratch)},
    )


FIGURE = Figure(
    name="browser_download",
    title="Fetch a file in the browser",
    unit="MB/s",
    goal=0.6,
    kind="rate",
    ours="the page's engine in headless Chromium: parallel ranges, opened, verified, hashed, written to a file",
    measure=measure,
    size=512,
    size_unit="MiB",
    smallest=2,
    runs=5,
)
