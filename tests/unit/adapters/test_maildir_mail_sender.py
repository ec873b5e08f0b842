"""The maildir is for evaluation: it says so, and keeps its mails from other users of the host."""

import logging
import mailbox
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.adapters.maildir_mail_sender import MaildirMailSender
from tests.contract.adapters_mail import MAIL


def test_it_says_that_it_is_for_evaluation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        MaildirMailSender(str(tmp_path / "mail"))
    assert "evaluation" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_on_the_host_can_open_the_folder(tmp_path: Path) -> None:
    MaildirMailSender(str(tmp_path / "mail")).send(MAIL)
    assert (tmp_path / "mail").stat().st_mode & 0o077 == 0
    assert len(mailbox.Maildir(tmp_path / "mail")) == 1


def test_an_error_it_does_not_know_passes_up(tmp_path: Path) -> None:
    (tmp_path / "mail").touch()
    with pytest.raises(FileExistsError):
        MaildirMailSender(str(tmp_path / "mail")).send(MAIL)


@pytest.mark.parametrize("number", range(10))
def test_the_first_mails_of_several_threads_all_arrive(tmp_path: Path, number: int, often: None) -> None:
    folder, start = tmp_path / f"mail-{number}", threading.Barrier(4)
    sender = MaildirMailSender(str(folder))

    def send(one: int) -> None:
        start.wait()
        sender.send(replace(MAIL, to=f"{one}@example.com"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(send, range(4)))
    assert len(list((folder / "new").iterdir())) == 4


@pytest.fixture
def often() -> Iterator[None]:
    """Threads change places at every chance they have."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)
