"""No secret where it may not be: in no event, queue, log, metric or audit entry; a sealed transfer's key nowhere at all."""

import re
from collections.abc import Iterator

import pytest

from tests.service.secrets.stories import (
    ASKED,
    GUEST,
    MEMBER,
    MESSAGE,
    SECRET_GUEST,
    TITLE,
    Planted,
    tell,
)
from tests.service.secrets.watch import Watch, forms, watching
from tests.service.support.world import World, world

Told = tuple[World, Watch, Planted, set[tuple[str, bytes]]]

# What a mail is for: it brings a link, a code or an invitation to one person.
IN_MAIL = re.compile(r"(asked )?(link|link's secret|code)|invitation")
# Addresses: recipients of a transfer or request, the list of what came for one, the link and challenge bound to it, the account itself, the
# session of a guest who proved it, the sender as told to recipients. All go with their transfer, session or account.
ADDRESSES = re.compile(
    r"mail$|records acme#(tr|rq)#\S+ (rcps#|head)|records acme#received#|records acme#link#|records acme#challenge#|records acme#member#"
    r"|records acme#session#"
)
TEXTS = re.compile(r"mail$|records acme#(tr|rq)#\S+ head")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with world(tmp_path_factory.mktemp("secrets")) as made, watching(made) as watch:
        planted = tell(made)
        yield made, watch, planted, watch.gathered()


def places(value: str | bytes, found: set[tuple[str, bytes]]) -> set[str]:
    """Where a value stands, in any form."""
    wanted = forms(value)
    return {place for place, text in found if any(form in text for form in wanted)}


def test_the_stories_went_everywhere(told: Told) -> None:
    """Without this, nothing found would mean nothing."""
    _, _, _, found = told
    kinds = {place.partition(" ")[0] for place, _ in found}
    assert {"records", "wrapped", "outbox", "deliveries", "log", "metrics", "mail", "file"} <= kinds
    text = b"".join(text for place, text in found if place == "outbox")
    for event in (
        "transfer.ready",
        "guest.refused",
        "download.completed",
        "sign_in",
        "transfer.destroyed",
        "token.created",
    ):
        assert event.encode() in text, event


def test_a_planted_value_would_be_found(told: Told) -> None:
    _, watch, _, found = told
    watch.note("outbox", {"event": '{"data": {"name": "Gl\\u00fcck"}}'})
    assert places("Glück", watch.seen - found) == {"outbox"}
    assert places(GUEST, found)
    assert places(TITLE, found)


def test_secrets_stand_nowhere(told: Told) -> None:
    _, _, planted, found = told
    wrong = {}
    for name, secret in planted.secrets.items():
        seen = places(secret, found)
        if IN_MAIL.fullmatch(name):
            seen.discard("mail")
        if seen:
            wrong[name] = sorted(seen)[:5]
    assert wrong == {}


@pytest.mark.parametrize("address", [GUEST, ASKED, SECRET_GUEST, MEMBER, "nobody.qzxt@acme.example"])
def test_addresses_stand_where_they_must_and_nowhere_else(told: Told, address: str) -> None:
    *_, found = told
    assert sorted(place for place in places(address, found) if not ADDRESSES.match(place)) == []


@pytest.mark.parametrize("text", [TITLE, MESSAGE, "Planted Guest Qzx"])
def test_titles_messages_and_names_stand_with_their_transfer(told: Told, text: str) -> None:
    *_, found = told
    allowed = ADDRESSES if text.startswith("Planted Guest") else TEXTS
    assert sorted(place for place in places(text, found) if not allowed.match(place)) == []


def test_addresses_of_clients_are_in_no_log(told: Told) -> None:
    *_, found = told
    assert "log" not in places("203.0.113.7", found)


def test_the_key_of_a_sealed_transfer_is_in_no_request_and_nowhere_else(told: Told) -> None:
    made, _, planted, found = told
    requests = {("request", request) for request in made.requests}
    assert len(requests) > 20
    wrong = {name: places(value, found | requests) for name, value in planted.canary.items() if name != "content"}
    assert {name: seen for name, seen in wrong.items() if seen} == {}
