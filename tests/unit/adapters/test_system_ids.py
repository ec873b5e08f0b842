"""What only the real source of ids shows: the host's time inside, and forks."""

import os

from chalicelib.adapters.system_ids import SystemIds
from tests.fakes.clock import NEW_YEAR

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def milliseconds(text: str) -> int:
    value = 0
    for letter in text.partition("_")[2]:
        value = value * 32 + _ALPHABET.index(letter)
    return value >> 80


def test_an_id_holds_the_time_of_its_making() -> None:
    assert milliseconds(SystemIds(source=lambda: NEW_YEAR).new("tr")) == NEW_YEAR


def test_a_full_counter_runs_over_into_the_next_millisecond() -> None:
    ids = SystemIds(source=lambda: NEW_YEAR)
    made = [ids.new("tr") for _ in range(5_000)]
    assert made == sorted(set(made))
    assert NEW_YEAR <= milliseconds(made[-1]) <= NEW_YEAR + 2


def test_a_forked_child_makes_other_ids() -> None:
    ids = SystemIds()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, "\n".join(ids.new("tr") for _ in range(50)).encode())
        os._exit(0)
    os.close(writer)
    mine = {ids.new("tr") for _ in range(50)}
    with os.fdopen(reader) as lines:
        theirs = set(lines.read().split())
    assert os.waitpid(child, 0)[1] == 0
    assert len(mine | theirs) == 100
