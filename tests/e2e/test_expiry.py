"""Expiry by a real clock, and recall: one second before everything goes, one second after nothing does."""

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fumibako.http import Api

from tests.e2e.support.guest import BareGuest
from tests.e2e.support.install import Install
from tests.e2e.support.waiting import wait_for, wait_until
from tests.faults import judge
from tests.faults.acknowledged import Acknowledged

MIB = 1 << 20
PART = 5 * MIB
TO = "g@partner.example"
# A signed URL ends with the transfer's expiry by its own signature (403) or by the state behind it (410).
REFUSED = (403, 410)


def sent_to_guest(install: Install, folder: Path, expires: str) -> tuple[dict[str, Any], BareGuest]:
    """A transfer that is ready, and its guest with a signed URL in hand."""
    source = folder / "drawing.bin"
    source.write_bytes(bytes(range(256)) * (8 * MIB // 256))
    how = ("--to", TO, "--hold", "0", "--proof", "link", "--expires", expires)
    sent = install.member().json("send", str(source), *how)
    guest = BareGuest(install.url, install.link_for(TO), install.http())
    guest.begin()
    return sent, guest


def half_sent(api: Api, minutes: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A transfer that is still uploading, with the signed URLs of its two parts."""
    body = {
        "class": "managed",
        "files": [{"name": "half.bin", "size": 9 * MIB, "part_size": PART}],
        "recipients": [{"email": TO}],
        "expires_in_minutes": minutes,
    }
    created = api.post("/transfers/v1/transfers", body, key=f"half-{minutes}")
    return created, created["uploads"]


def put(http: httpx.Client, upload: dict[str, Any]) -> int:
    body = bytes(upload["size"])
    return http.put(upload["url"], content=body, headers=upload["headers"]).status_code


def seconds_of(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def require_destroyed(install: Install, api: Api, transfer: str, reason: str) -> None:
    judge.wait_for_state(api, transfer, ("destroyed",), seconds=120)
    judge.require_nothing_left(install.data, Acknowledged(), transfer)
    judge.require_certificate(install, api, transfer, reason, seconds=60)


@pytest.mark.slow
def test_a_second_before_expiry_all_goes_and_a_second_after_nothing(tmp_path: Path) -> None:
    """Takes the five minutes that are the shortest life of a transfer; nothing here holds up the other tests' processors."""
    with Install(tmp_path) as install:
        install.init()
        install.serve()
        api, http = install.api(), install.http()
        half, (first, second) = half_sent(api, 5)
        # The two ends are asked one after the other, so they lie some seconds apart.
        wait_until(seconds_of(half["expires_at"]) - 300 + 5)
        sent, guest = sent_to_guest(install, tmp_path, "5m")
        assert put(http, first) == 200

        wait_until(seconds_of(half["expires_at"]) - 1)
        assert put(http, first) == 200
        wait_until(seconds_of(half["expires_at"]) + 1)
        assert put(http, second) in REFUSED

        wait_until(seconds_of(sent["expires_at"]) - 1)
        assert guest.fetch() == (206, MIB)
        before = time.time()
        wait_until(seconds_of(sent["expires_at"]) + 1)
        assert before < seconds_of(sent["expires_at"]), "the machine was too slow to ask in time"
        assert guest.fetch()[0] in REFUSED
        answers = guest.routes()
        assert set(answers.values()) == {(410, "gone")}, answers
        ended = install.guest().attempt("get", guest.link, "-o", str(tmp_path / "late"))
        assert (ended.returncode, (tmp_path / "late").exists()) == (5, False), ended.stderr

        for one in (sent["id"], half["id"]):
            require_destroyed(install, api, one, "expired")


def test_recall_ends_urls_that_are_already_out(tmp_path: Path) -> None:
    with Install(tmp_path) as install:
        install.init()
        install.serve()
        api, http = install.api(), install.http()
        half, (first, second) = half_sent(api, 60)
        sent, guest = sent_to_guest(install, tmp_path, "1h")
        assert put(http, first) == 200
        assert guest.fetch() == (206, MIB)
        assert {status for status, _ in guest.routes().values()} <= {200, 201, 204}

        began = time.monotonic()
        for one in (sent, half):
            api.delete(f"/transfers/v1/transfers/{one['id']}")
        wait_for(lambda: guest.fetch()[0] in REFUSED, "the download's URL ends", seconds=60)
        wait_for(lambda: put(http, second) in REFUSED, "the upload's URL ends", seconds=60)
        assert time.monotonic() - began < 60
        answers = guest.routes()
        assert set(answers.values()) == {(410, "gone")}, answers
        for one in (sent, half):
            require_destroyed(install, api, one["id"], "revoked")
