"""One command from its words to its exit code: whatever goes wrong ends as one sentence, its code and what to do next."""

import errno
import json
import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from fumibako import __version__
from fumibako.cli import certificate, get, list_transfers, login, recall, request, send, show, verify
from fumibako.cli.parser import Parser, complain
from fumibako.errors import EXIT_INTERRUPTED, ClientError, Full, LocalFault
from fumibako.messages import text
from fumibako_format.errors import FormatError

VERBS = (login, send, get, list_transfers, show, recall, request, certificate, verify)


def build_parser() -> Parser:
    """The whole command with its verbs."""
    parser = Parser(prog="fumibako", description=text("about"), epilog=text("epilog"))
    parser.add_argument("--version", action="version", version=f"fumibako {__version__}", help=text("help_version"))
    verbs = parser.add_subparsers(dest="verb", metavar=text("verb"), required=True)
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help=text("help_json"))
    for module in VERBS:
        module.add_to(verbs, common)
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code (fumibako.errors). No traceback ever reaches a person, unless FUMIBAKO_DEBUG=1 asks for it."""
    # A service started by cron has no terminal encoding; names must still be printable.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = build_parser().parse_args(arguments)
        _act(options)
        return 0
    except KeyboardInterrupt:
        complain("interrupted", text("interrupted"), text("interrupted_hint"))
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (head): that is its right, and no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001  # the last line of defence between a mistake of ours and a person
        if os.environ.get("FUMIBAKO_DEBUG") == "1":
            traceback.print_exc()
        return _ended(error)


def _act(options: Namespace) -> None:
    result: Any = options.run(options)
    if options.json and result is not None:
        print(json.dumps(result, ensure_ascii=False))
    sys.stdout.flush()


def _ended(error: Exception) -> int:
    if isinstance(error, FormatError):
        complain(error.code, error.message, error.hint)
        return verify.exit_code_of(error)
    known = _as_known(error)
    complain(known.code, known.message, known.hint)
    return known.exit_code


def _as_known(error: Exception) -> ClientError:
    if isinstance(error, ClientError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Full("disk_full", text("disk_full", path=error.filename or ""), text("disk_full_hint"))
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        return LocalFault("local_failure", text("local_failure", what=what), text("local_failure_hint"))
    return LocalFault("fault", text("fault", kind=type(error).__name__), text("fault_hint"))
