"""The ``fumibako`` command. Data goes to stdout, everything else to stderr with a prefix and a hint."""

import argparse
import json
import os
import signal
import sys
from typing import Any, NoReturn

from fumibako import __version__
from fumibako.cli import certificate, get, list_transfers, login, recall, request, send, show, verify
from fumibako.errors import EXIT_INTERRUPTED, EXIT_USAGE, ClientError
from fumibako.messages import text
from fumibako_format.errors import FormatError

VERBS = (login, send, get, list_transfers, show, recall, request, certificate, verify)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        complain("usage", message, text("usage_hint", prog=self.prog))
        sys.exit(EXIT_USAGE)


def complain(code: str, message: str, hint: str = "") -> None:
    """One failure on stderr: what happened, then what to do next."""
    print(f"fumibako: {message} [{code}]", file=sys.stderr)
    if hint:
        print(f"fumibako: {text('next')} {hint}", file=sys.stderr)


def build_parser() -> argparse.ArgumentParser:
    """The whole command with its verbs."""
    parser = _Parser(prog="fumibako", description=text("about"))
    parser.add_argument("--version", action="version", version=f"fumibako {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar=text("verb"), required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help=text("help_json"))
    for module in VERBS:
        module.add_to(verbs, common)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run one command; gives its exit code (spec of the codes: fumibako.errors)."""
    # A service started by cron has no terminal encoding; names must still be printable.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    options = build_parser().parse_args(arguments)
    try:
        result: Any = options.run(options)
        if options.json and result is not None:
            print(json.dumps(result, ensure_ascii=False))
        return 0
    except ClientError as error:
        complain(error.code, error.message, error.hint)
        return error.exit_code
    except FormatError as error:
        complain(error.code, error.message, error.hint)
        return verify.exit_code_of(error)
    except KeyboardInterrupt:
        complain("interrupted", text("interrupted"), text("interrupted_hint"))
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (head): that is its right, and no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
