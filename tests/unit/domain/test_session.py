from dataclasses import replace

import pytest

from chalicelib.domain.errors import Refused
from chalicelib.domain.ids import TenantId
from chalicelib.domain.session import (
    ACCESS_SECONDS,
    DAY,
    GRACE_MS,
    HOUR,
    LIVES,
    MINUTE,
    Client,
    Session,
    Turn,
    life_end,
    require_live,
    revoked,
    rotated,
    turn_of,
)

NOW = 1_000_000_000


def session(client: Client = Client.CLI, **changes: object) -> Session:
    made = Session("se_x", TenantId("acme"), "member", "mb_x", client, NOW, NOW, life_end(client, NOW))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_times_are_what_the_spec_says() -> None:
    assert (MINUTE, HOUR, DAY) == (60_000, 3_600_000, 86_400_000)
    assert ACCESS_SECONDS == 900
    assert GRACE_MS == 30_000
    assert LIVES == {
        Client.PAGE: (43_200_000, 604_800_000),
        Client.CLI: (2_592_000_000, 7_776_000_000),
        Client.GUEST: (3_600_000, 604_800_000),
        Client.SERVICE: (3_600_000, 3_600_000),
    }
    assert life_end(Client.GUEST, NOW) == NOW + 604_800_000


def test_a_new_session_is_interactive_and_unnamed() -> None:
    made = session()
    assert made.scopes == ("*",)
    assert (made.device_name, made.generation, made.rotated_at, made.version) == ("", 0, 0, 0)
    assert (made.revoked_at, made.link, made.link_hash, made.link_subject, made.address) == (None,) * 5


@pytest.mark.parametrize("client", list(Client))
def test_a_session_lives_until_it_lay_idle(client: Client) -> None:
    idle = LIVES[client][0]
    require_live(session(client), NOW + idle - 1)
    with pytest.raises(Refused) as refused:
        require_live(session(client), NOW + idle)
    assert refused.value.code == "token_invalid"


def test_use_never_lengthens_the_whole_life() -> None:
    end = NOW + LIVES[Client.GUEST][1]
    used = session(Client.GUEST, last_used_at=end - 1)
    assert used.idle_until == end
    require_live(used, end - 1)
    with pytest.raises(Refused):
        require_live(used, end)


def test_a_revoked_session_is_dead_at_once_and_keeps_its_first_moment() -> None:
    ended = revoked(session(), NOW + 5)
    assert ended.revoked_at == NOW + 5
    assert revoked(ended, NOW + 9) is ended
    with pytest.raises(Refused) as refused:
        require_live(ended, NOW)
    assert refused.value.code == "token_invalid"
    with pytest.raises(Refused):
        require_live(revoked(session(), 0), NOW)


def test_rotation_counts_up_and_notes_the_use() -> None:
    after = rotated(session(generation=4), NOW + 7)
    assert (after.generation, after.rotated_at, after.last_used_at) == (5, NOW + 7, NOW + 7)
    assert rotated(session(last_used_at=NOW + 9), NOW + 7).last_used_at == NOW + 9


def test_the_newest_token_rotates_and_the_one_before_repeats_for_thirty_seconds() -> None:
    one = session(generation=3, rotated_at=NOW)
    assert turn_of(one, 3, NOW + 10 * DAY) is Turn.ROTATE
    assert turn_of(one, 2, NOW + GRACE_MS - 1) is Turn.REPEAT
    for generation, at in ((2, NOW + GRACE_MS), (1, NOW), (4, NOW), (0, NOW)):
        with pytest.raises(Refused) as refused:
            turn_of(one, generation, at)
        assert refused.value.code == "token_reused"
