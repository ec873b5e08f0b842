"""Pieces of the command that need no server: lines of progress, recipients, times, interrupts, received notes."""

import io
import os
import signal
import time
from argparse import Namespace
from pathlib import Path

import pytest
from fumibako.cli.durations import minutes_of, seconds_of
from fumibako.cli.interrupts import Interrupts
from fumibako.cli.people import recipients_of
from fumibako.cli.progress_lines import Lines
from fumibako.cli.received import Received
from fumibako.errors import UsageError


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_line_every_ten_seconds_at_most() -> None:
    out, clock = io.StringIO(), Clock()
    lines = Lines("sending", 100 << 20, out, clock=clock)
    for _ in range(50):
        clock.now += 1
        lines.add(1 << 20)
    assert out.getvalue().splitlines() == [
        "fumibako: sending 10% 10.0 MiB 1.0 MiB/s 1:30 left",
        "fumibako: sending 20% 20.0 MiB 1.0 MiB/s 1:20 left",
        "fumibako: sending 30% 30.0 MiB 1.0 MiB/s 1:10 left",
        "fumibako: sending 40% 40.0 MiB 1.0 MiB/s 1:00 left",
        "fumibako: sending 50% 50.0 MiB 1.0 MiB/s 0:50 left",
    ]


def test_what_has_no_length_has_no_share_and_no_time_left() -> None:
    out, clock = io.StringIO(), Clock()
    lines = Lines("sending", None, out, clock=clock)
    clock.now += 20
    lines.add(3 << 20)
    assert out.getvalue() == "fumibako: sending 3.0 MiB 153.6 KiB/s\n"


def test_what_is_done_within_ten_seconds_says_nothing() -> None:
    out, clock = io.StringIO(), Clock()
    Lines("sending", 10, out, clock=clock).add(10)
    assert out.getvalue() == ""


def people(folder: Path, content: str, *to: str) -> list[dict[str, str]]:
    (folder / "people.txt").write_text(content, "utf-8")
    return recipients_of(Namespace(to=list(to), recipients_file=folder / "people.txt"))


def test_recipients_of_options_and_file_each_once(tmp_path: Path) -> None:
    content = '# a comment\n\n  b@x.example \nSato Keiko <c@x.example>\r\n"Abe, T." <d@x.example>\na@x.example\n'
    assert people(tmp_path, content, "a@x.example") == [
        {"email": "a@x.example"},
        {"email": "b@x.example"},
        {"email": "c@x.example", "name": "Sato Keiko"},
        {"email": "d@x.example", "name": "Abe, T."},
    ]


def test_what_is_no_address_is_left_to_the_server_which_names_all_of_them(tmp_path: Path) -> None:
    assert people(tmp_path, "nobody\n<\n") == [{"email": "nobody"}, {"email": "<"}]


@pytest.mark.parametrize(("typed", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1d", 86400), ("0s", 0)])
def test_times_in_seconds(typed: str, seconds: int) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize("typed", ["90s", "1", "s", "-1m", "１m"])
def test_an_expiry_has_no_seconds(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        minutes_of(typed)
    assert caught.value.code == "duration_wrong"


def interrupted(done: list[str], *signals: signal.Signals) -> None:
    """A line with signals in its midst."""
    with Interrupts() as stop, stop.whole_line():
        for one in signals:
            os.kill(os.getpid(), one)
        done.append("the rest of the line")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_an_interrupt_waits_for_the_end_of_a_line(ending: signal.Signals) -> None:
    done: list[str] = []
    before = signal.getsignal(ending)
    with pytest.raises(KeyboardInterrupt):
        interrupted(done, ending)
    assert done == ["the rest of the line"]
    assert signal.getsignal(ending) is before


def test_who_asks_twice_does_not_wait() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted(done, signal.SIGINT, signal.SIGINT)
    assert done == []


def test_what_was_received_is_remembered_by_server_and_forgotten_after_years(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUMIBAKO_HOME", str(tmp_path))
    one, other = Received("https://a.example"), Received("https://b.example")
    one.note("tr_1")
    assert ("tr_1" in one, "tr_1" in other, "tr_2" in one) == (True, False, False)
    [path] = tmp_path.rglob("tr_1")
    os.utime(path, (0, time.time() - 401 * 24 * 3600))
    one.note("tr_2")
    assert ("tr_1" in Received("https://a.example"), "tr_2" in one) == (False, True)
