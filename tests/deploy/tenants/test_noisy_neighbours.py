"""One tenant's flood leaves the other's requests served, and one person's flood the colleagues'."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.support.people import PASSWORD, invite, sign_in
from tests.service.support.world import World, world

# Ids of this module alone: rates are remembered by tenant for ten seconds in a process.
NOISY, NOISY_BASE = "noisy-neighbour", "https://files.noisy.example"
CALM, CALM_BASE = "calm-neighbour", "https://files.calm.example"
RATE = 120


@pytest.fixture
def place(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def asks(place: World, token: str, base: str, times: int) -> Counter[int]:
    """Statuses of so many requests in a row."""
    return Counter(place.call("GET", "/auth/v1/me", token=token, base=base).status for _ in range(times))


def test_a_flood_of_one_tenant_leaves_the_others_served(place: World) -> None:
    passwords = {
        NOISY: place.new_tenant(NOISY, NOISY_BASE, "admin@noisy.example"),
        CALM: place.new_tenant(CALM, CALM_BASE, "admin@calm.example"),
    }
    # Set before anybody's first request: what a process knows of a rate it keeps for ten seconds.
    place.tenant(NOISY, requests_per_minute=RATE)
    place.tenant(CALM, requests_per_minute=RATE)
    noisy = sign_in(place, "admin@noisy.example", passwords[NOISY], base=NOISY_BASE)["access_token"]
    calm = sign_in(place, "admin@calm.example", passwords[CALM], base=CALM_BASE)["access_token"]
    flood = asks(place, noisy, NOISY_BASE, 4 * RATE)
    assert flood[429] > 2 * RATE
    # One person gets half of the tenant's rate, and what the bucket is filled with meanwhile.
    assert flood[200] < RATE
    assert asks(place, calm, CALM_BASE, 40) == {200: 40}
    refused = place.call("GET", "/auth/v1/me", token=noisy, base=NOISY_BASE)
    assert (refused.status, refused.code) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) >= 1


def test_a_persons_flood_leaves_the_colleagues_served(place: World) -> None:
    password = place.new_tenant("loud-colleague", NOISY_BASE, "admin@noisy.example")
    place.tenant("loud-colleague", requests_per_minute=RATE)
    loud = sign_in(place, "admin@noisy.example", password, base=NOISY_BASE)["access_token"]
    invite(place, loud, "quiet@noisy.example", base=NOISY_BASE)
    quiet = sign_in(place, "quiet@noisy.example", PASSWORD, base=NOISY_BASE)["access_token"]
    assert asks(place, loud, NOISY_BASE, 2 * RATE)[429] > RATE
    assert asks(place, quiet, NOISY_BASE, 20) == {200: 20}
