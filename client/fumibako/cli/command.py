"""One command from its words to its exit code: whatever goes wrong ends as one sentence, its code and what to do next."""

import errno
import json
import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fumibako import __version__
from fumibako.cli import (
    audit,
    certificate,
    completion,
    config,
    events,
    extend,
    get,
    list_transfers,
    login,
    recall,
    receive,
    request,
    send,
    service_account,
    show,
    verify,
    wait,
)
from fumibako.cli.exit_codes import exit_code_of, exit_codes
from fumibako.cli.format_words import format_words
from fumibako.cli.manner import begin, complain
from fumibako.cli.parser import Parser, shared_options
from fumibako.cli.preferences import apply_preferences
from fumibako.errors import EXIT_INTERRUPTED, ClientError, Full, LocalFault
from fumibako.messages import text
from fumibako_format.errors import FormatError

VERBS = (
    login,
    send,
    get,
    list_transfers,
    show,
    wait,
    extend,
    recall,
    request,
    receive,
    certificate,
    verify,
    events,
    audit,
    service_account,
    config,
    completion,
)


def build_parser() -> Parser:
    """The whole command with its verbs."""
    codes = ", ".join(f"{code} {meaning}" for code, meaning in exit_codes().items())
    parser = Parser(
        prog="fumibako", description=text("about"), epilog=f"{text('exit_codes')}: {codes}. {text('epilog')}"
    )
    parser.add_argument("--version", action="version", version=f"fumibako {__version__}", help=text("help_version"))
    verbs = parser.add_subparsers(dest="verb", metavar=text("verb"), required=True)
    shared = shared_options()
    for module in VERBS:
        module.add_to(verbs, shared)
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code (fumibako.errors). No traceback ever reaches a person, unless FUMIBAKO_DEBUG=1 asks for it."""
    _prepare_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        begin(words)
        apply_preferences()
        _act(build_parser().parse_args(words))
        return 0
    except KeyboardInterrupt:
        complain("interrupted", text("interrupted"), text("interrupted_hint"), EXIT_INTERRUPTED)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe went away (head): that is its right, and no failure of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + getattr(signal, "SIGPIPE", 13)
    except Exception as error:  # noqa: BLE001  # the last line of defence between a mistake of ours and a person
        if os.environ.get("FUMIBAKO_DEBUG") == "1":
            traceback.print_exc()
        return _ended(error)


def _prepare_streams() -> None:
    """Some supervisors start programs without them, and cron without an encoding: what is said must go somewhere, and be printable."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # as long as the process
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _act(options: Namespace) -> None:
    result: Any = options.run(options)
    if options.json and result is not None:
        print(json.dumps(result, ensure_ascii=False))
    sys.stdout.flush()


def _ended(error: Exception) -> int:
    known = error if isinstance(error, FormatError) else _as_known(error)
    code = exit_code_of(known)
    message, hint = format_words(known)
    complain(known.code, message, hint, code)
    return code


def _as_known(error: Exception) -> ClientError:
    if isinstance(error, ClientError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Full("disk_full", text("disk_full", path=error.filename or ""), text("disk_full_hint"))
    if isinstance(error, OSError) and error.strerror:
        what = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
        return LocalFault("local_failure", text("local_failure", what=what), text("local_failure_hint"))
    return LocalFault("fault", text("fault", kind=type(error).__name__), text("fault_hint"))
