"""What can be typed after what, read from the parser."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Metavars that stand for something on this disk.
_FILES: Final = frozenset({"FILE", "FOLDER", "FILE|FOLDER"})


@dataclass(frozen=True)
class Option:
    """``values``: what it takes if it is one of a few; ``files``: whether that is a name on this disk."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...] = ()
    files: bool = False


@dataclass(frozen=True)
class Place:
    """Behind ``path`` (words of the command, the first left away): verbs with their help, options, and what may be named."""

    path: tuple[str, ...]
    verbs: tuple[tuple[str, str], ...]
    options: tuple[Option, ...]
    values: tuple[str, ...]
    files: bool


def words_of(parser: argparse.ArgumentParser) -> list[Place]:
    """Every place of the command, the bare command first."""
    return list(_places(parser, ()))


def _places(parser: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterator[Place]:
    verbs: dict[str, argparse.ArgumentParser] = {}
    helps: dict[str, str] = {}
    options, values, files = [], [], False
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to ask
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            verbs = dict(action.choices)
            helps = {one.dest: one.help or "" for one in action._choices_actions}  # noqa: SLF001
        elif action.option_strings:
            options.append(_option(action))
        else:
            values += [str(one) for one in action.choices or ()]
            files = files or _is_file(action)
    named = tuple((name, helps.get(name, "")) for name in verbs)
    yield Place(path, named, tuple(options), tuple(values), files)
    for name, verb in verbs.items():
        yield from _places(verb, (*path, name))


def _option(action: argparse.Action) -> Option:
    values = tuple(str(one) for one in action.choices or ())
    names = tuple(action.option_strings)
    return Option(names, action.help or "", action.nargs != 0, values, _is_file(action))


def _is_file(action: argparse.Action) -> bool:
    return action.metavar in _FILES
