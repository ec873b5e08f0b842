"""What people read, in Japanese and English: one JSON file a language, shared with the page.

``mails``: kind -> subject, lead (one paragraph), action (label of the link, or null), after (what to know or do next). Places in braces are
filled with text alone; markup is made by ``domain.mails``.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

LANGUAGES: Final = ("ja", "en")


@cache
def catalogue(language: str) -> dict[str, Any]:
    """The texts of a language; English where there is no such language."""
    name = language if language in LANGUAGES else "en"
    loaded: dict[str, Any] = json.loads(files("chalicelib.catalogue").joinpath(f"{name}.json").read_text("utf-8"))
    return loaded
