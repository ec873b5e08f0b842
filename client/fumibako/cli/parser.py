"""Words of a command line in the person's language: argparse speaks English alone, and counts characters instead of columns."""

import argparse
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from fumibako.cli.manner import complain
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


# The key of a sealed transfer: 256 bits in base64url (spec/format.md).
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        # The usage is cut by characters; what its first word takes beyond these is taken off beforehand.
        prefix = text("usage_prefix")
        beyond = columns_of(prefix) - len(prefix)
        super().__init__(prog, width=max(20, shutil.get_terminal_size().columns - 2 - beyond))

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        # Twenty options in a row tell nothing; they stand below, each with what it is for.
        needed = [one for one in actions if not one.option_strings or one.required]
        if len(needed) < len(list(actions)):
            self._prog = f"{self._prog} [{text('usage_options')}]"
        super().add_usage(usage, needed, groups, text("usage_prefix") if prefix is None else prefix)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap_columns(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap_columns(text, width - len(indent)))


class Parser(argparse.ArgumentParser):
    """One verb, or the whole command. ``parents`` are Parsers too; ``examples`` are whole commands that the help ends with."""

    def __init__(
        self,
        *,
        parents: Sequence["Parser"] = (),
        add_help: bool = True,
        examples: Sequence[str] = (),
        **options: Any,
    ) -> None:
        super().__init__(add_help=False, formatter_class=_Help, allow_abbrev=False, **options)
        self.examples = tuple(examples)
        self._positionals.title = text("title_positionals")
        self._optionals.title = text("title_options")
        if add_help:
            self.add_argument("-h", "--help", action="help", help=text("help_help"))
        for parent in parents:
            self._add_container_actions(parent)

    def format_help(self) -> str:
        """The help; a command in an example stays on one line, for it is there to be copied."""
        lines = [f"\n{text('title_examples')}:", *(f"  {one}" for one in self.examples)] if self.examples else []
        return super().format_help() + "".join(f"{line}\n" for line in lines)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, but a key may begin with a hyphen: one in 64 does, and argparse takes it for an option."""
        words = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(_with_keys_joined(words), namespace)

    def error(self, message: str) -> NoReturn:
        """Ends with the exit code of a wrong command line."""
        complain("usage", _said(message), text("usage_hint", prog=self.prog), EXIT_USAGE)
        sys.exit(EXIT_USAGE)


@dataclass(frozen=True)
class Shared:
    """Options that many verbs take: ``every`` all of them, ``member`` those that speak to the server as a member or program."""

    every: Parser
    member: Parser


def shared_options() -> Shared:
    """The parents of the verbs."""
    return Shared(_shared(), _shared(member=True))


def _shared(*, member: bool = False) -> Parser:
    """In a group of their own: what is special about a verb comes first."""
    parser = Parser(add_help=False)
    group = parser.add_argument_group(text("title_everywhere"))
    group.add_argument("--json", action="store_true", help=text("help_json"))
    group.add_argument("-q", "--quiet", action="store_true", help=text("help_quiet"))
    group.add_argument("--no-input", action="store_true", help=text("help_no_input"))
    if member:
        group.add_argument("--key-file", metavar="FILE", help=text("help_key_file"))
    return parser


def add_verb(verbs: Any, name: str, parent: Parser, *, help: str, about: str, examples: Sequence[str]) -> Parser:  # noqa: A002  # argparse's word
    """A verb with its line in the list, what it does in full, and commands to copy."""
    verb: Parser = verbs.add_parser(name, parents=[parent], help=help, description=about, examples=examples)
    return verb


def _with_keys_joined(words: Sequence[str]) -> list[str]:
    """``--key -zg...`` as ``--key=-zg...``, which argparse reads as it is meant."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--key" and _KEY.fullmatch(word):
            joined[-1] = f"--key={word}"
        else:
            joined.append(word)
    return joined


def _said(message: str) -> str:
    for pattern, key in COMPLAINTS:
        match = pattern.fullmatch(message)
        if match:
            return display_name(text(key, **match.groupdict()))
    return display_name(message)
