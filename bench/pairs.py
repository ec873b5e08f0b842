"""In turn: ours, then each peer, then ours again, so that what the machine does besides hits all of them."""

from collections.abc import Callable, Mapping

Work = Callable[[], float]


def in_turn(runs: int, ours: Work, peers: Mapping[str, Work]) -> dict[str, list[tuple[float, float]]]:
    """``runs`` rounds of ours and every peer; the values of one round stand in one pair. Each gives a value in the figure's unit."""
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in peers}
    for _ in range(runs):
        own = ours()
        for name, work in peers.items():
            pairs[name].append((own, work()))
    return pairs


def rate(size: int, seconds: float) -> float:
    """Megabytes (10^6 bytes) a second."""
    return size / 1e6 / seconds
