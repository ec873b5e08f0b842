"""What the command says, in Japanese and English. The language comes from FUMIBAKO_LANG, else from the locale."""

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from fumibako_format.names import display_name

Language = Literal["ja", "en"]


@cache
def language() -> Language:
    """``ja`` where FUMIBAKO_LANG, LC_ALL, LC_MESSAGES or LANG (the first that is set) begins with it, else ``en``."""
    for name in ("FUMIBAKO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ja" if value.lower().startswith("ja") else "en"
    return "en"


@cache
def _catalogue(which: Language) -> dict[str, str]:
    return cast("dict[str, str]", json.loads(files("fumibako").joinpath(f"messages_{which}.json").read_text("utf-8")))


def text(key: str, **values: object) -> str:
    """The sentence of a key, filled in. A missing key is a programmer's mistake and raises KeyError."""
    return _catalogue(language())[key].format(**values)


def shown_path(path: Path) -> str:
    """A path as it may stand in a sentence: nothing in it moves the cursor or hides."""
    return display_name(str(path))
