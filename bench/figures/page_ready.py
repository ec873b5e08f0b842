"""How long it takes until a guest's code field takes input, on Lighthouse's slow 4G: under 1.5 s."""

from statistics import median

from bench.browser.chromium import version
from bench.browser.first_visit import SLOW_4G, first_visit
from bench.browser.guest_links import coded_link
from bench.browser.page_built import page_built
from bench.figure import Figure, Measured, Plan
from bench.install import installed

_LIMIT = 1.5


def measure(plan: Plan) -> Measured:
    """The median of ``size`` visits a run."""
    file = plan.scratch / "file"
    file.write_bytes(b"a")
    page = page_built(plan.scratch / "page")
    pairs, took, firsts = [], [], []
    with installed(plan.scratch / "install", page=page) as install:
        for run in range(plan.runs):
            seconds = []
            for visit in range(plan.size):
                link = coded_link(install, file)
                seen = first_visit(plan.scratch / f"{run}-{visit}", link, language="ja", line=SLOW_4G)
                seconds.append(seen.ready)
                firsts.append(seen.first)
                took.append(seen.took_input)
            pairs.append((median(seconds), _LIMIT))
    return Measured(
        pairs={"the limit": pairs},
        checked=all(took),
        notes=(
            "Lighthouse's mobileSlow4G by Chromium's own emulation: 150 ms a request, 1.6 * 1,024 kbit/s down, 750 kbit/s up, a processor four times slower.",
            "Chromium adds the 150 ms to each request, not to the handshakes of TCP and TLS before the first.",
            "From the start of the navigation; the button that has the code mailed is pressed as soon as it is there.",
            "Browser and runtime share the machine's cores; the cache is empty and the profile new.",
        ),
        versions={"chromium": version()},
        flags={"line": "latency 150 ms, 204,800 bytes/s down, 93,750 up, CPU 4x"},
        more={"first screen, median s": round(median(firsts), 3)},
    )


FIGURE = Figure(
    name="page_ready",
    title="Until a guest can type the code, on slow 4G",
    unit="s",
    goal=1.0,
    kind="share",
    ours="the page of a guest's link, in Chromium with an empty cache",
    measure=measure,
    size=3,
    size_unit="visits",
    smallest=1,
    runs=3,
)
