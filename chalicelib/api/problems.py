"""Problem answers (RFC 9457), the one error shape of every route: ``{type, title, status, code, detail, hint, errors, request_id}``.

``title`` and ``hint`` come from the catalogue in the reader's language (Accept-Language, RFC 9110 12.5.4), ``detail`` is the
English sentence of the refusal. ``errors`` is a list of ``{pointer, code, detail}``, empty where no single field is at fault.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from chalicelib.api.problem_catalogue import CATALOGUE, FALLBACK
from chalicelib.domain.errors import Refused

MEDIA_TYPE: Final = "application/problem+json"
# Relative, so that it leads to the install that answered: docs/errors lists each code.
TYPE_PREFIX: Final = "/errors/"
Language = Literal["ja", "en"]


@dataclass(frozen=True)
class Problem:
    """A rendered problem: status, headers, body (JSON text)."""

    status: int
    headers: dict[str, str]
    body: str


def language_of(accept_language: str | None) -> Language:
    """``ja`` or ``en``, whichever the header weighs more; English when it says nothing of either."""
    weights = {"ja": 0.0, "en": 0.0}
    for entry in (accept_language or "").lower().split(",")[:20]:
        tag, _, parameter = entry.strip().partition(";")
        primary = tag.split("-", 1)[0].strip()
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(parameter))
    return "ja" if weights["ja"] > weights["en"] else "en"


def _weight(parameter: str) -> float:
    if not parameter.strip().startswith("q="):
        return 1.0
    try:
        return float(parameter.strip()[2:])
    except ValueError:
        return 0.0


def problem(
    refused: Refused, *, request_id: str, language: Language, headers: Mapping[str, str] | None = None
) -> Problem:
    """The answer to a refusal. ``headers`` are added (Allow, WWW-Authenticate, Content-Range)."""
    entry = CATALOGUE.get(refused.code, FALLBACK)
    japanese = language == "ja"
    title, hint = (entry.title_ja, entry.hint_ja) if japanese else (entry.title, entry.hint)
    document: dict[str, Any] = {
        "type": TYPE_PREFIX + refused.code,
        "title": title,
        "status": entry.status,
        "code": refused.code,
        "detail": refused.detail or title,
        "hint": hint,
        "errors": [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in refused.errors],
        "request_id": request_id,
    }
    answer_headers = {"Content-Type": MEDIA_TYPE, "Content-Language": language, **(headers or {})}
    if refused.retry_after is not None:
        answer_headers["Retry-After"] = str(refused.retry_after)
    if entry.status == 401:
        answer_headers.setdefault("WWW-Authenticate", "Bearer")
    return Problem(entry.status, answer_headers, msgspec.json.encode(document).decode())
