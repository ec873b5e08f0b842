"""ids: unique, increasing with time, of the right form; bytes nobody can predict."""

import threading

import pytest

from chalicelib.domain.ids import PREFIXES, is_id
from tests.contract.subjects import IdsSubject

PORT = "ids"
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def number(text: str) -> int:
    value = 0
    for letter in text.partition("_")[2]:
        value = value * 32 + ALPHABET.index(letter)
    return value


@pytest.mark.parametrize("prefix", sorted(PREFIXES))
def test_an_id_is_its_prefix_and_26_characters(subject: IdsSubject, prefix: str) -> None:
    assert is_id(subject.open().new(prefix), prefix)


def test_an_id_is_a_uuid_of_version_7(subject: IdsSubject) -> None:
    ids = subject.open()
    for _ in range(100):
        value = number(ids.new("tr"))
        assert value < 1 << 128
        assert value >> 76 & 0xF == 7
        assert value >> 62 & 0b11 == 0b10
        assert 1_577_836_800_000 < value >> 80 < 1_577_836_800_000 * 3


def test_ids_increase(subject: IdsSubject) -> None:
    ids = subject.open()
    made = [ids.new("tr") for _ in range(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_increase_where_the_clock_is_stepped(subject: IdsSubject) -> None:
    ids = subject.open()
    made = []
    for step in (0, 1, 10_000, -5_000, -3_600_000, 1, 0):
        subject.step(step)
        made += [ids.new("tr") for _ in range(10)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_no_two_threads_get_the_same(subject: IdsSubject) -> None:
    ids = subject.open()
    made: list[str] = []
    threads = [threading.Thread(target=lambda: made.extend([ids.new("ev") for _ in range(500)])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(set(made)) == 2_000


def test_no_two_processes_get_the_same(subject: IdsSubject) -> None:
    one, two = subject.open(), subject.open()
    made = {one.new("tr") for _ in range(500)} | {two.new("tr") for _ in range(500)}
    assert len(made) == 1_000


@pytest.mark.parametrize("size", [0, 1, 16, 32, 65_536])
def test_random_gives_so_many_bytes(subject: IdsSubject, size: int) -> None:
    assert len(subject.open().random(size)) == size


def test_random_gives_other_bytes_each_time(subject: IdsSubject) -> None:
    one, two = subject.open(), subject.open()
    assert len({one.random(16) for _ in range(100)} | {two.random(16) for _ in range(100)}) == 200
