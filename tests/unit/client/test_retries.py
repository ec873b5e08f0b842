import ssl
import threading

import httpx
import pytest
from fumibako import retries
from fumibako.errors import IntegrityFailed, NetworkFailed
from fumibako.retries import ATTEMPTS, Retry, with_retries


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr(retries.time, "sleep", made.append)
    return made


def always(error: Exception, tries: list[int]) -> object:
    def attempt(number: int) -> None:
        tries.append(number)
        raise error

    return with_retries(attempt)


def test_pauses_double_with_jitter_and_the_attempts_end(pauses: list[float]) -> None:
    tries: list[int] = []
    with pytest.raises(NetworkFailed) as caught:
        always(Retry("status 502"), tries)
    assert tries == list(range(ATTEMPTS))
    assert "status 502" in caught.value.message
    assert all(0 <= pause <= 0.25 * 2**n for n, pause in enumerate(pauses))
    assert len(pauses) == ATTEMPTS - 1


def test_the_pause_the_server_asks_for_is_kept(pauses: list[float]) -> None:
    with pytest.raises(NetworkFailed):
        always(Retry("busy", 7, attempts=3), [])
    assert pauses == [7, 7]


def test_what_it_comes_to_is_said_by_its_own_name(pauses: list[float]) -> None:
    failure = IntegrityFailed("length_differs", "other bytes")
    with pytest.raises(IntegrityFailed) as caught:
        always(Retry("more", attempts=3, failure=failure), tries := [])
    assert (caught.value, tries) == (failure, [0, 1, 2])


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout(""), httpx.ConnectError(""), httpx.DecodingError(""), httpx.InvalidURL("")]
)
def test_every_way_a_line_can_fail_is_a_network_failure(pauses: list[float], error: Exception) -> None:
    with pytest.raises(NetworkFailed) as caught:
        always(error, tries := [])
    assert caught.value.code == "network"
    assert len(tries) == ATTEMPTS


def test_a_certificate_nobody_vouches_for_is_not_tried_again(pauses: list[float]) -> None:
    error = httpx.ConnectError("no")
    error.__cause__ = ssl.SSLCertVerificationError("self-signed")
    with pytest.raises(NetworkFailed) as caught:
        always(error, tries := [])
    assert (caught.value.code, tries, pauses) == ("tls_untrusted", [0], [])


def test_it_stops_when_another_part_failed() -> None:
    stop = threading.Event()
    stop.set()

    def attempt(_: int) -> None:
        raise Retry("away", 30)

    with pytest.raises(NetworkFailed) as caught:
        with_retries(attempt, stop=stop)
    assert caught.value.code == "stopped"


def test_a_later_attempt_that_succeeds_is_the_answer(pauses: list[float]) -> None:
    def attempt(number: int) -> int:
        if number < 2:
            raise Retry("not yet")
        return number

    assert with_retries(attempt) == 2
