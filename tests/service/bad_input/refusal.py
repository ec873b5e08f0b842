"""What every refusal must be: its own code, a sentence, a hint in both languages, and nothing changed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.api.problem_catalogue import CATALOGUE
from tests.service.support.caller import Answer
from tests.service.support.cast import Cast, assembled
from tests.service.support.unchanged import written_between
from tests.service.support.world import world

Asked = Callable[[dict[str, str]], Answer]


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """A world that the tests of a module share, because none of them changes it."""
    with world(tmp_path_factory.mktemp("bad")) as made:
        yield assembled(made)


@pytest.fixture
def own(cast: Cast) -> Iterator[Cast]:
    """The same for tests that write or move the clock: it is put back afterwards."""
    with cast.world.undone():
        yield cast


def check_problem(answer: Answer, status: int, code: str, *, language: str = "en") -> dict[str, Any]:
    """The body of a refusal, complete and in its language."""
    assert (answer.status, answer.code) == (status, code), answer.raw[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.body
    assert body["status"] == status
    assert body["detail"]
    assert body["request_id"] == answer.headers["x-request-id"]
    entry = CATALOGUE[code]
    assert (body["title"], body["hint"]) == (
        (entry.title, entry.hint) if language == "en" else (entry.title_ja, entry.hint_ja)
    )
    assert body["hint"]
    return body


def check_refused(
    cast: Cast, ask: Asked, status: int, code: str, *, pointer: str | None = None, allowed: tuple[str, ...] = ()
) -> None:
    """Ask in both languages; ``pointer`` is the first field at fault."""
    before = cast.world.dump()
    for language in ("en", "ja"):
        body = check_problem(ask({"accept-language": language}), status, code, language=language)
        if pointer is not None:
            assert body["errors"][0]["pointer"] == pointer
            assert body["errors"][0]["detail"]
    assert written_between(before, cast.world.dump(), allowed=allowed) == set()
