"""What travels until a guest's code field takes input: 60 KB or less, all requests, cold cache."""

from bench.browser.chromium import version
from bench.browser.first_visit import first_visit
from bench.browser.guest_links import coded_link
from bench.browser.page_built import page_built
from bench.figure import Figure, Measured, Plan
from bench.install import installed

_LIMIT = 60.0
LANGUAGES = ("en", "ja")


def measure(plan: Plan) -> Measured:
    """In both languages; the larger counts."""
    file = plan.scratch / "file"
    file.write_bytes(b"a")
    page = page_built(plan.scratch / "page")
    pairs, took, parts = [], [], {}
    with installed(plan.scratch / "install", page=page) as install:
        for run in range(plan.runs):
            visits = {}
            for language in LANGUAGES:
                link = coded_link(install, file)
                visits[language] = first_visit(plan.scratch / f"{run}-{language}", link, language=language)
                took.append(visits[language].took_input)
            pairs.append((max(one.bytes for one in visits.values()) / 1000, _LIMIT))
            parts = {name: one.bytes for name, one in visits.items()} | {
                f"requests, {name}": len(one.sizes) for name, one in visits.items()
            }
    return Measured(
        pairs={"the limit": pairs},
        checked=all(took),
        notes=(
            "encodedDataLength of every request begun before the field took input, headers included, over HTTP/1.1; 1 KB is 1,000 bytes.",
            "The button that has the code mailed is pressed as soon as it is there.",
            "The larger of Japanese and English; the cache is empty and the profile new.",
        ),
        versions={"chromium": version()},
        more=parts,
    )


FIGURE = Figure(
    name="page_size",
    title="What travels until a guest can type the code",
    unit="KB",
    goal=1.0,
    kind="share",
    ours="the page of a guest's link, in Chromium with an empty cache",
    measure=measure,
    size=1,
    size_unit="visits",
    smallest=1,
    runs=3,
)
