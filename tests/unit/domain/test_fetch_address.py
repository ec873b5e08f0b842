import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.download import IDLE as SESSION_IDLE
from chalicelib.domain.download import DownloadSession
from chalicelib.domain.errors import Refused
from chalicelib.domain.fetch_address import (
    IDLE,
    MAX_SPANS,
    FetchAddress,
    after_answer,
    require_openable,
    require_usable,
    with_sent,
)
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer_states import TransferClass
from tests.unit.use_cases.sending import tenant_settings

ADDRESS = FetchAddress("0" * 64, "acme", "tr_1", "dl_1", "rc_1", "gs_1", ("fi_1",), made_at=0, used_at=0)
SESSION = DownloadSession("dl_1", "tr_1", "rc_1", "gs_1", True, {"fi_1": 0}, started_at=0, last_used_at=0)


def of(**changes: object) -> FetchAddress:
    return replace(ADDRESS, **changes)  # type: ignore[arg-type]


def session(**changes: object) -> DownloadSession:
    return replace(SESSION, **changes)  # type: ignore[arg-type]


def blocking() -> Tenant:
    return replace(tenant_settings(), compatible_downloads="block")


def code(address: FetchAddress, held: DownloadSession, now: int) -> str:
    try:
        require_usable(address, held, now)
    except Refused as refused:
        return refused.code
    return ""


def test_an_address_ends_15_minutes_after_its_last_use() -> None:
    assert [code(ADDRESS, SESSION, now) for now in (0, IDLE - 1, IDLE)] == ["", "", "address_over"]
    assert code(of(used_at=IDLE), SESSION, IDLE * 2 - 1) == ""


def test_an_address_ends_with_its_session() -> None:
    used = of(used_at=SESSION_IDLE)
    assert code(used, session(ended_at=5), SESSION_IDLE) == "address_over"
    assert code(used, SESSION, SESSION_IDLE) == "address_over"
    assert code(used, session(last_used_at=1), SESSION_IDLE) == ""


def test_a_session_that_ended_by_what_it_sent_leaves_the_address_its_quarter_of_an_hour() -> None:
    sent = of(used_at=100, sent_at=100)
    assert code(sent, session(ended_at=100), 100 + IDLE - 1) == ""
    assert code(sent, session(ended_at=100), 100 + IDLE) == "address_over"


@pytest.mark.parametrize(
    ("kind", "tenant", "expected"),
    [
        (TransferClass.MANAGED, tenant_settings(), ""),
        (TransferClass.PLAIN, tenant_settings(), ""),
        (TransferClass.SEALED, tenant_settings(), "sealed_unopenable"),
        (TransferClass.MANAGED, blocking(), "compatible_not_allowed"),
        (TransferClass.PLAIN, blocking(), ""),
        (TransferClass.SEALED, blocking(), "sealed_unopenable"),
    ],
)
def test_what_the_server_may_open(kind: TransferClass, tenant: Tenant, expected: str) -> None:
    found = ""
    try:
        require_openable(tenant, kind)
    except Refused as refused:
        found = refused.code
    assert found == expected


def test_an_answer_that_breaks_off_and_the_one_that_ends_it_are_the_whole() -> None:
    first = after_answer(ADDRESS, start=0, end=60, length=100, now=5)
    assert (first.sent, first.sent_at, first.used_at) == (((0, 60),), None, 5)
    second = after_answer(first, start=40, end=100, length=100, now=7)
    assert (second.sent, second.sent_at) == (((0, 100),), 7)
    assert after_answer(second, start=0, end=1, length=100, now=9).sent_at == 7


def test_the_last_bytes_alone_are_not_the_whole() -> None:
    assert after_answer(ADDRESS, start=99, end=100, length=100, now=1).sent_at is None


def test_an_empty_file_is_whole_at_once() -> None:
    assert after_answer(ADDRESS, start=0, end=0, length=0, now=1).sent_at == 1


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=40))
def test_ranges_merge_like_sets_of_bytes(asked: list[tuple[int, int]]) -> None:
    spans: tuple[tuple[int, int], ...] = ()
    for first, last in asked:
        spans = with_sent(spans, first, last)
    covered = {byte for first, last in asked for byte in range(first, last)}
    assert {byte for first, last in spans for byte in range(first, last)} == covered
    assert all(left[1] < right[0] for left, right in itertools.pairwise(spans))


def test_many_small_ranges_are_forgotten_never_invented() -> None:
    spans: tuple[tuple[int, int], ...] = ()
    for n in range(3 * MAX_SPANS):
        spans = with_sent(spans, 10 * n, 10 * n + 1 + n % 3)
    assert len(spans) == MAX_SPANS
    assert min(last - first for first, last in spans) == 3
