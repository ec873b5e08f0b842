from dataclasses import replace

import pytest

from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.file_request import (
    MAX_DOMAINS,
    FileRequest,
    RequestState,
    close,
    require_request_open,
    require_request_owner,
    take,
)
from chalicelib.domain.ids import TenantId
from chalicelib.domain.transfer import TransferClass

REQUEST = FileRequest(
    "rq_x", TenantId("acme"), 1, "mb_owner", "Hanako", "h@acme.example", "ACME", "書類", 0, 1_000, "code", "ja"
)


def test_a_new_request_is_open_managed_and_unused() -> None:
    assert (REQUEST.state, REQUEST.transfer_class) == (RequestState.OPEN, TransferClass.MANAGED)
    assert (REQUEST.used_files, REQUEST.used_bytes, REQUEST.transfers, REQUEST.recipients) == (0, 0, 0, 0)
    assert (REQUEST.max_files, REQUEST.max_bytes, REQUEST.message, REQUEST.domains) == (None, None, "", ())
    assert [str(one) for one in RequestState] == ["open", "closed"]
    assert MAX_DOMAINS == 50


def test_it_is_open_until_its_very_moment() -> None:
    require_request_open(REQUEST, 999)
    for request, now in ((REQUEST, 1_000), (replace(REQUEST, state=RequestState.CLOSED), 1)):
        with pytest.raises(Refused) as caught:
            require_request_open(request, now)
        assert (caught.value.code, caught.value.detail) == ("gone", "This file request is no longer open.")


def test_taking_counts_up_to_the_limits() -> None:
    limited = replace(REQUEST, max_files=3, max_bytes=10)
    once = take(limited, files=2, size=4, transfers=1)
    assert (once.used_files, once.used_bytes, once.transfers) == (2, 4, 1)
    full = take(once, files=1, size=6, transfers=1)
    assert (full.used_files, full.used_bytes, full.transfers) == (3, 10, 2)
    with pytest.raises(Refused) as caught:
        take(once, files=2, size=0, transfers=1)
    assert (caught.value.code, caught.value.detail) == (
        "request_limit",
        "This file request takes at most 3 files in all.",
    )
    with pytest.raises(Refused) as caught:
        take(once, files=0, size=7, transfers=1)
    assert (caught.value.code, caught.value.detail) == (
        "request_limit",
        "This file request takes at most 10 bytes in all.",
    )
    assert take(REQUEST, files=10**6, size=10**12, transfers=0).used_bytes == 10**12


def test_closing_keeps_the_first_reason_and_forgets_the_token() -> None:
    closed = close(replace(REQUEST, sealed_token="x"), now=5, reason="closed")
    assert (closed.state, closed.reason, closed.closed_at, closed.sealed_token) == (
        RequestState.CLOSED,
        "closed",
        5,
        None,
    )
    assert close(closed, now=6, reason="other") == closed


def test_it_has_one_owner() -> None:
    require_request_owner(REQUEST, "mb_owner")
    with pytest.raises(NotFound):
        require_request_owner(REQUEST, "mb_other")
