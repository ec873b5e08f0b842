"""Environment and one TOML file -> one frozen ``Settings``, or a list of everything that is wrong with them.

``FUMIBAKO_CONFIG`` names the TOML file (flat keys, as in the table of settings.py), ``FUMIBAKO_SETTINGS`` is such a document itself, for containers that are
handed one; a variable of the environment wins over the document, and this over the file.
Raises ``SettingsInvalid`` with one sentence for each fault, so that an administrator mends them in one go. Values never appear in it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from chalicelib.config_rules import broken_rules
from chalicelib.domain.errors import FieldProblem, Refused
from chalicelib.settings import Settings

PREFIX: Final = "FUMIBAKO_"
CONFIG_FILE: Final = "FUMIBAKO_CONFIG"
CONFIG_TEXT: Final = "FUMIBAKO_SETTINGS"
# The client's own variables: a person may well keep them in the same shell.
OF_THE_CLIENT: Final = frozenset(("FUMIBAKO_HOME", "FUMIBAKO_LANG", "FUMIBAKO_TOKEN", "FUMIBAKO_URL"))


class SettingsInvalid(Refused):
    """One or more settings are unknown, unreadable or not allowed together. ``errors`` has one entry each."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        sentences = " ".join(f"{PREFIX}{problem.pointer[1:].upper()}: {problem.detail}" for problem in problems)
        super().__init__("settings_invalid", sentences, errors=tuple(problems))


def load_settings(environ: Mapping[str, str]) -> Settings:
    """The checked settings of this environment. Raises SettingsInvalid."""
    problems: list[FieldProblem] = []
    given: dict[str, Any] = {}
    hints = get_type_hints(Settings)
    for name, value in _raw_values(environ, problems):
        if name not in hints:
            problems.append(_problem(name, "There is no such setting. docs/operations/settings.md lists them all."))
            continue
        try:
            given[name] = _parsed(value, hints[name])
        except ValueError as error:
            problems.append(_problem(name, str(error)))
    if not problems:
        settings = Settings(**given)
        problems = [_problem(name, sentence) for name, sentence in broken_rules(settings)]
        if not problems:
            return settings
    raise SettingsInvalid(problems)


def _problem(name: str, sentence: str) -> FieldProblem:
    return FieldProblem(f"/{name}", "setting_invalid", sentence)


def _raw_values(environ: Mapping[str, str], problems: list[FieldProblem]) -> Iterator[tuple[str, Any]]:
    from_environment: dict[str, Any] = {
        key.removeprefix(PREFIX).lower(): value
        for key, value in environ.items()
        if key.startswith(PREFIX) and key not in (CONFIG_FILE, CONFIG_TEXT) and key not in OF_THE_CLIENT
    }
    yield from {**_file(environ, problems), **_text(environ, problems), **from_environment}.items()


def _file(environ: Mapping[str, str], problems: list[FieldProblem]) -> dict[str, Any]:
    path = environ.get(CONFIG_FILE, "")
    try:
        return tomllib.loads(Path(path).read_text("utf-8")) if path else {}
    except OSError:
        problems.append(_problem("config", "The file that it names can't be read."))
    except ValueError:
        problems.append(_problem("config", "The file that it names is not TOML."))
    return {}


def _text(environ: Mapping[str, str], problems: list[FieldProblem]) -> dict[str, Any]:
    try:
        return tomllib.loads(environ.get(CONFIG_TEXT, ""))
    except ValueError:
        problems.append(_problem("settings", "This document is not TOML."))
    return {}


def _parsed(value: Any, kind: Any) -> Any:
    """``value`` (text from the environment, or a TOML value) as the type of the field. Raises ValueError with a sentence."""
    if get_origin(kind) is Literal:
        return _choice(value, get_args(kind))
    if get_origin(kind) is tuple:
        items = [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else value
        if not isinstance(items, list):
            raise ValueError("It takes a list, in the environment separated by commas.")
        return tuple(_parsed(item, get_args(kind)[0]) for item in items)
    if kind is int or kind is float:
        return _number(value, kind)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("It takes text.")
    return Path(value) if kind is Path else value


def _choice(value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"It takes one of {', '.join(choices)}.")
    return str(value)


def _number(value: Any, kind: type[int] | type[float]) -> int | float:
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int | float)
        or (kind is int and isinstance(value, float))
    ):
        raise ValueError("It takes a number.")
    try:
        number = kind(value)
    except ValueError:
        raise ValueError("It takes a whole number." if kind is int else "It takes a number.") from None
    if not 0 <= number < 2**60:
        raise ValueError("It takes a number that is not negative.")
    return number


def settings_page() -> str:
    """docs/operations/settings.md, from the table."""
    hints = get_type_hints(Settings)
    lines = [
        "# Settings",
        "",
        "Generated by `python -m onprem.runtime settings`; a test compares it. Each is a variable of the environment, or the same name in",
        "lower case without `FUMIBAKO_` in the TOML file that `FUMIBAKO_CONFIG` names. A container may be handed such a document itself, as",
        "`FUMIBAKO_SETTINGS`. The environment wins over both. Unknown names are refused.",
    ]
    for item in fields(Settings):
        lines += ["", f"## {PREFIX}{item.name.upper()}", "", item.metadata["meaning"], ""]
        lines.append(f"Takes {_kind_in_words(hints[item.name])}. Default: {_default_in_words(item.default)}.")
    return "\n".join(lines) + "\n"


def _kind_in_words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list"
    return {int: "a whole number", float: "a number", Path: "a path"}.get(kind, "text")


def _default_in_words(default: Any) -> str:
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if default not in ("", None) else "empty"
