"""A server whose answers have the right names and the wrong things in them: each is refused in a sentence, never with a fault of the command.

Every value of every answer of a command, exchanged for values of other kinds: as many of these as WRONG_KINDS says, drawn by WRONG_KINDS_SEED.
"""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.middle import Middle, Passed
from tests.e2e.support.company import Company, company, someone
from tests.faults.forked_commands import ForkedPerson

__all__ = ["company"]
pytestmark = pytest.mark.slow
COUNT = int(os.environ.get("WRONG_KINDS", "8"))
SEED = int(os.environ.get("WRONG_KINDS_SEED", "1"))
GONE = object()
KINDS = (None, 7, -1, "x", "", [], {}, True, 10**30, 1.5, ["x"], {"x": 1}, GONE)
CONTENT = b"what was sent"
Place = tuple[str | int, ...]


@dataclass
class Exchange:
    """``target``: which answer of the command, which place in it, and what stands there instead. ``places`` of each answer as it passes."""

    target: tuple[int, Place, Any] | None = None
    count: int = 0
    places: list[list[Place]] = field(default_factory=list)

    def __call__(self, passed: Passed) -> None:
        kind = passed.headers.get("content-type", passed.headers.get("Content-Type", ""))
        if "json" not in kind or not passed.body:
            return
        number, answer = self.count, json.loads(passed.body)
        self.count += 1
        self.places.append(list(places_in(answer)))
        if self.target is not None and self.target[0] == number and self.target[1] in self.places[-1]:
            passed.body = json.dumps(exchanged(answer, *self.target[1:])).encode()


def places_in(value: Any, at: Place = ()) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places_in(one, (*at, name))
    yield at


def exchanged(answer: Any, at: Place, new: Any) -> Any:
    if not at:
        return None if new is GONE else new
    holder = answer
    for name in at[:-1]:
        holder = holder[name]
    if new is GONE:
        del holder[at[-1]]
    else:
        holder[at[-1]] = new
    return answer


@pytest.mark.parametrize("verb", ["get", "list", "receive", "request list", "send", "send --seal", "show"])
def test_a_value_of_another_kind_is_refused_in_a_sentence(company: Company, tmp_path: Path, verb: str) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(CONTENT)
    sent, link = company.sent(company.staff(tmp_path), str(path))
    exchange, number = Exchange(), 0
    with Middle(company.url, change=exchange) as middle:
        sign_in = {} if verb == "get" else {"FUMIBAKO_URL": middle.url, "FUMIBAKO_TOKEN": company.token}
        words = {
            "get": ("get", link.replace(company.url, middle.url)),
            "send": ("send", str(path), "--to", someone(), "--hold", "60"),
            "send --seal": ("send", str(path), "--seal", "--hold", "60"),
            "receive": ("receive", "--list"),
            "show": ("show", sent["id"], "--links"),
        }.get(verb, tuple(verb.split()))

        def run(target: tuple[int, Place, Any] | None) -> None:
            nonlocal number
            number += 1
            exchange.target, exchange.count, exchange.places = target, 0, []
            home, there = tmp_path / f"home-{number}", tmp_path / f"in-{number}"
            with ForkedPerson(home, CLIENT_LONGEST_PAUSE="0.01", CLIENT_IDLE_SECONDS="2", **sign_in) as person:
                ended = person.attempt(*words, *(("-o", str(there)) if verb == "get" else ()))
            said = f"{target}: {ended.returncode}\n{ended.stderr}"
            assert ended.returncode in ((0,) if target is None else (0, 2, 3, 4, 5, 6, 7, 8)), said
            assert "Traceback" not in ended.stderr, said
            landed = [one.read_bytes() for one in there.glob("*") if not one.name.startswith(".")]
            # What is there is whole, whatever went wrong behind it; and a command that is content has brought it.
            assert landed in ([[CONTENT]] if verb == "get" and ended.returncode == 0 else [[], [CONTENT]]), said

        run(None)
        every = [(n, at, kind) for n, some in enumerate(exchange.places) for at in some for kind in KINDS]
        for target in random.Random(SEED).sample(every, COUNT):
            run(target)
