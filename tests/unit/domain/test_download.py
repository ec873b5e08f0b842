from dataclasses import replace

import pytest

from chalicelib.domain.download import (
    IDLE,
    MAX_FILES,
    URL_LIFE,
    Count,
    DownloadSession,
    count_once,
    on_loan,
    renewed,
    session_open,
    spent,
    url_end,
    wanted_files,
    with_arrived,
)
from chalicelib.domain.errors import NotFound, Refused

NOW = 1_767_225_600_000
SESSION = DownloadSession("dl_1", "tr_1", "rc_1", "gs_1", True, {"fi_a": 0, "fi_b": 1}, NOW, NOW)


def test_the_figures_are_those_of_the_spec() -> None:
    assert (IDLE, URL_LIFE, MAX_FILES) == (3_600_000, 900_000, 500)


def test_a_session_is_open_until_it_ended_or_idled_out() -> None:
    assert session_open(SESSION, NOW + IDLE - 1)
    assert not session_open(SESSION, NOW + IDLE)
    assert not session_open(replace(SESSION, ended_at=NOW), NOW)


def test_renewing_moves_the_idle_time_and_never_back() -> None:
    assert renewed(SESSION, now=NOW + 5).last_used_at == NOW + 5
    assert renewed(replace(SESSION, last_used_at=NOW + 9), now=NOW).last_used_at == NOW + 9
    with pytest.raises(Refused, match="download_over"):
        renewed(SESSION, now=NOW + IDLE)


def test_files_asked_for_must_be_in_the_session() -> None:
    assert wanted_files(SESSION, []) == ["fi_a", "fi_b"]
    assert wanted_files(SESSION, ["fi_b", "fi_b"]) == ["fi_b"]
    with pytest.raises(NotFound):
        wanted_files(SESSION, ["fi_a", "fi_c"])


def test_a_session_ends_when_all_arrived() -> None:
    half = with_arrived(SESSION, ["fi_a"], now=NOW + 1)
    assert (half.arrived, half.ended_at) == (frozenset({"fi_a"}), None)
    assert with_arrived(half, ["fi_a"], now=NOW + 2) == half
    whole = with_arrived(half, ["fi_b"], now=NOW + 3)
    assert (whole.arrived, whole.ended_at) == (frozenset({"fi_a", "fi_b"}), NOW + 3)
    assert with_arrived(whole, [], now=NOW + 9) == whole
    assert with_arrived(SESSION, [], now=NOW).ended_at == NOW


def test_a_file_on_its_way_is_not_counted_again_for_the_same_sign_in() -> None:
    count = Count(1, "dl_1")
    held = {"dl_1": SESSION}

    def loan(file: str = "fi_a", sign_in: str = "gs_1", now: int = NOW, session: DownloadSession = SESSION) -> bool:
        return on_loan(count, file, {"dl_1": session}, sign_in=sign_in, now=now)

    assert loan()
    assert not loan(sign_in="gs_2")
    assert not loan(now=NOW + IDLE)
    assert not loan(session=with_arrived(SESSION, ["fi_a"], now=NOW))
    assert loan(session=with_arrived(SESSION, ["fi_b"], now=NOW))
    assert not on_loan(Count(1, "dl_2"), "fi_a", held, sign_in="gs_1", now=NOW)


def test_counting() -> None:
    assert count_once(None, "dl_1", loan=False) == Count(1, "dl_1")
    assert count_once(Count(1, "dl_1"), "dl_2", loan=False) == Count(2, "dl_2")
    assert count_once(Count(1, "dl_1"), "dl_2", loan=True) == Count(1, "dl_2")


def test_a_file_is_spent_at_its_limit() -> None:
    assert not spent(None, 1)
    assert not spent(Count(9, "dl_1"), None)
    assert not spent(Count(1, "dl_1"), 2)
    assert spent(Count(2, "dl_1"), 2)
    assert spent(Count(3, "dl_1"), 2)


def test_addresses_never_outlive_the_transfer() -> None:
    assert url_end(NOW, NOW + URL_LIFE + 1) == NOW + URL_LIFE
    assert url_end(NOW, NOW + URL_LIFE - 1) == NOW + URL_LIFE - 1
