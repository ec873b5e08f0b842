"""Show, list and complete against one site, with every call of a store counted: ``python -m bench.requests.flat_requests FOLDER COUNT``.

Prints ``{"ms": {operation: median of a request}, "calls": {operation: {"records.get": n, ...}}}``, calls of all requests of an operation together.
"""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.requests.crowd import copy_of
from bench.requests.site import Desk, context_of

_SHOWN, _PAGES, _COMPLETED = 400, 15, 100


class Counted:
    """A store whose calls are counted by name."""

    def __init__(self, name: str, store: Any, calls: "Counter[str]") -> None:
        self._name = name
        self._store = store
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def called(*arguments: Any, **named: Any) -> Any:
            self._calls[f"{self._name}.{name}"] += 1
            return found(*arguments, **named)

        return called


def main(folder: Path, count: int) -> None:
    ctx = context_of(folder)
    calls: Counter[str] = Counter()
    clock = ctx.clock  # a clock of its own store, so that its mark, written once a minute, is nobody's operation
    vars(ctx).update(
        records=Counted("records", ctx.records, calls), wrapped_keys=Counted("wrapped_keys", ctx.wrapped_keys, calls)
    )
    clock.now_ms()
    desk = Desk(folder, ctx)
    template = (folder / "template.txt").read_text()
    dice = random.Random(1)  # which transfer is shown, no secret
    some = [copy_of(template, dice.randint(1, count)) for _ in range(_SHOWN)]
    waiting = [desk.uploaded() for _ in range(_COMPLETED)]
    pages = _cursors(desk, _PAGES)
    place = "/v1/transfers"
    works: dict[str, list[Callable[[], Any]]] = {
        "show": [partial(desk.call, "GET", f"{place}/{one}") for one in some],
        "list": [partial(desk.call, "GET", page) for page in pages * 4],
        "complete": [partial(desk.call, "POST", f"{place}/{one}/complete", {}, status=202) for one in waiting],
    }
    ms, made = {}, {}
    for name, work in works.items():
        calls.clear()
        ms[name] = median(_timed(one) for one in work)
        made[name] = dict(sorted(calls.items()))
    print(json.dumps({"ms": ms, "calls": made}))


def _cursors(desk: Desk, count: int) -> list[str]:
    """The first page of 50 and those behind it, full ones alone."""
    found = ["/v1/transfers?box=sent"]
    while len(found) < count:
        after = desk.call("GET", found[-1])["next"]
        if after is None:
            return found[:-1] or found
        found.append(f"/v1/transfers?box=sent&cursor={after}")
    return found


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
