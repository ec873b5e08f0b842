"""What two dumps of a world differ in, but for what asking itself writes."""

from tests.service.support.world import Dump

# Whoever asks, whatever they ask: borrowed slices of rates, and the clock's high-water mark.
ASKING = (
    "records|records|acme#rate|",
    "records|records|rival#rate|",
    "records|records|lease#rate#",
    "records|records|clock#|mark",
)


def written_between(before: Dump, after: Dump, *, allowed: tuple[str, ...] = ()) -> set[str]:
    """Keys of what was added, changed or taken away; those that begin with ``allowed`` are expected to."""
    found = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return {key for key in found if not key.startswith(ASKING + allowed)}
