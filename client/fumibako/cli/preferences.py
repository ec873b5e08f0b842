"""What a person set once with ``fumibako config``: beside the sign-in, never a secret. Variables and options go before it.

One JSON object of texts in ``config.json``. A value that an older or newer version wrote and this one can't use is passed over.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from fumibako.credentials import config_folder, write_private
from fumibako.errors import UsageError
from fumibako.messages import language, text

LEAST_PARALLEL, MOST_PARALLEL = 1, 32
ADDRESS: Final = re.compile(r"https?://[^/?#\s@]+\Z")


def _address(typed: str) -> str:
    url = typed.strip().rstrip("/")
    if not ADDRESS.match(url):
        raise UsageError("url_wrong", text("url_wrong"), text("url_wrong_hint"))
    return url


def _language(typed: str) -> str:
    if typed not in ("ja", "en"):
        raise UsageError("language_wrong", text("language_wrong"), text("language_wrong_hint"))
    return typed


def _parallel(typed: str) -> str:
    if not typed.isascii() or not typed.isdigit() or not LEAST_PARALLEL <= int(typed) <= MOST_PARALLEL:
        raise UsageError("parallel_wrong", text("parallel_wrong"), text("usage_hint", prog="fumibako config"))
    return str(int(typed))


def _path(typed: str) -> str:
    # Kept whole: the next command may be given in another folder.
    return str(Path(typed).expanduser().absolute())


# Name -> what makes a typed value one that can be kept.
SETTINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "url": _address,
    "language": _language,
    "parallel": _parallel,
    "folder": _path,
    "ca_file": _path,
}
# Those that other parts read from the environment.
_VARIABLES: Final = {"url": "FUMIBAKO_URL", "language": "FUMIBAKO_LANG", "ca_file": "SSL_CERT_FILE"}


def preferences_path() -> Path:
    """Where they are kept."""
    return config_folder() / "config.json"


def preferences() -> dict[str, str]:
    """All that are set, by name."""
    try:
        found = json.loads(preferences_path().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if name in SETTINGS and isinstance(value, str)}


def keep(name: str, value: str | None) -> None:
    """Set one, or with None forget it. Raises UsageError for an unknown name or a value that can't be."""
    if name not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise UsageError(
            "setting_unknown", text("setting_unknown", name=name), text("setting_unknown_hint", names=known)
        )
    kept = preferences()
    kept.pop(name, None)
    if value is not None:
        kept[name] = SETTINGS[name](value)
    write_private(preferences_path(), json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def apply_preferences() -> None:
    """Put what is set where the parts that need it look: into the environment of this process, behind what stands there."""
    kept = preferences()
    for name, variable in _VARIABLES.items():
        if name in kept and not os.environ.get(variable):
            os.environ[variable] = kept[name]
    language.cache_clear()


def preferred_parallel() -> int | None:
    """How many at once, where a person set it."""
    typed = preferences().get("parallel", "")
    return int(typed) if typed.isdigit() and LEAST_PARALLEL <= int(typed) <= MOST_PARALLEL else None


def preferred_folder() -> Path:
    """Where downloads go when nothing else is said."""
    return Path(preferences().get("folder") or ".")
