"""Words of a command line in the person's language: argparse speaks English alone, and counts characters instead of columns."""

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from fumibako.columns import columns_of, wrap_columns
from fumibako.errors import EXIT_USAGE
from fumibako.messages import text
from fumibako_format.names import display_name

# What argparse says, and the sentence that says it in both languages.
COMPLAINTS = (
    (re.compile(r"the following arguments are required: (?P<what>.+)", re.DOTALL), "arguments_missing"),
    (re.compile(r"unrecognized arguments: (?P<what>.+)", re.DOTALL), "arguments_unknown"),
    (re.compile(r"argument (?P<what>.+?): invalid choice: (?P<given>.+) \(choose from (?P<choices>.+)\)", re.DOTALL), "choice_unknown"),
    (re.compile(r"argument (?P<what>.+?): invalid int value: (?P<given>.+)", re.DOTALL), "number_wrong"),
    (re.compile(r"argument (?P<what>.+?): expected (one|at least one) argument", re.DOTALL), "value_missing"),
)  # fmt: skip


def complain(code: str, message: str, hint: str = "") -> None:
    """One failure on stderr: what happened, then what to do next."""
    print(f"fumibako: {message} [{code}]", file=sys.stderr)
    if hint:
        print(f"fumibako: {text('next')} {hint}", file=sys.stderr)


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        # The usage is cut by characters; what its first word takes beyond these is taken off beforehand.
        prefix = text("usage_prefix")
        beyond = columns_of(prefix) - len(prefix)
        super().__init__(prog, width=max(20, shutil.get_terminal_size().columns - 2 - beyond))

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, text("usage_prefix") if prefix is None else prefix)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap_columns(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap_columns(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """One verb, or the whole command. ``parents`` are Parsers too."""

    def __init__(self, *, parents: Sequence["Parser"] = (), add_help: bool = True, **options: Any) -> None:
        super().__init__(add_help=False, formatter_class=_Help, allow_abbrev=False, **options)
        self._positionals.title = text("title_positionals")
        self._optionals.title = text("title_options")
        if add_help:
            self.add_argument("-h", "--help", action="help", help=text("help_help"))
        for parent in parents:
            self._add_container_actions(parent)

    def error(self, message: str) -> NoReturn:
        """Ends with the exit code of a wrong command line."""
        complain("usage", _said(message), text("usage_hint", prog=self.prog))
        sys.exit(EXIT_USAGE)


def _said(message: str) -> str:
    for pattern, key in COMPLAINTS:
        match = pattern.fullmatch(message)
        if match:
            return display_name(text(key, **match.groupdict()))
    return display_name(message)
