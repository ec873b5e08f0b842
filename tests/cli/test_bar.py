"""The bar on a real terminal (a pty), and nothing of it in a pipe."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

import pytest
from fumibako.columns import columns_of

from tests.e2e.support.company import Company, company, someone
from tests.e2e.support.people import ROOT, Person

__all__ = ["company"]
pytestmark = pytest.mark.slow


def on_a_terminal(person: Person, *arguments: str, columns: int = 80) -> tuple[int, str]:
    """Exit code, and all that a terminal of so many columns was given."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "fumibako.cli", *arguments], person.environment())
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
    except OSError:  # EIO: the other end is closed
        pass
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown.decode()


def redrawn(shown: str) -> list[str]:
    return [line.split("\x1b[K")[0] for line in shown.replace("\r\n", "\n").split("\r")[1:]]


@pytest.mark.parametrize(("language", "columns"), [("en", 80), ("ja", 80), ("en", 30), ("ja", 12)])
def test_a_terminal_shows_one_line_that_fits(company: Company, tmp_path: Path, language: str, columns: int) -> None:
    (tmp_path / "film.bin").write_bytes(os.urandom(3 << 20))
    staff = company.staff(tmp_path, FUMIBAKO_LANG=language)
    send = ("send", str(tmp_path / "film.bin"), "--to", someone(), "--hold", "60")
    code, shown = on_a_terminal(staff, *send, columns=columns)
    assert code == 0, shown
    lines = redrawn(shown)
    assert lines
    assert all(columns_of(line) < columns for line in lines), lines
    if columns == 80:
        assert re.search(r"\[#{28}\] 100% [\d.]+ \w+/s", lines[-1])
    # What is said afterwards stands on lines of its own.
    assert "\x1b[K\r\nfumibako: " in shown


def test_in_a_pipe_there_is_no_bar(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(100))
    ended = company.staff(tmp_path).attempt("send", str(tmp_path / "f"), "--to", someone(), "--hold", "60")
    assert ended.returncode == 0
    assert "\r" not in ended.stderr
    assert "[#" not in ended.stderr


def test_quiet_says_nothing_but_errors(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(3 << 20))
    staff = company.staff(tmp_path)
    code, shown = on_a_terminal(staff, "send", str(tmp_path / "f"), "--to", someone(), "--hold", "60", "--quiet")
    assert (code, bool(re.fullmatch(r"tr_[0-9a-z]{26}\r\n", shown))) == (0, True), shown
    ended = staff.attempt("show", "tr_x", "-q")
    assert (ended.returncode, "[id_wrong]" in ended.stderr) == (2, True)


def test_a_failure_ends_the_line_of_the_bar_first(company: Company, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(os.urandom(100))
    code, shown = on_a_terminal(company.staff(tmp_path), "send", str(tmp_path / "f"), "--to", "nobody")
    assert code == 2
    assert re.search(r"\r\nfumibako: .+\[address_invalid\]", shown)
