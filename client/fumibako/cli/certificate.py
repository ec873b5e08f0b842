"""``certificate``: the signed proof that a transfer is gone, or with ``--receipt`` that an upload arrived."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.terminal import signed_in, tell
from fumibako.credentials import write_private
from fumibako.messages import text


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("certificate", parents=[common], help=text("help_certificate"))
    verb.add_argument("id", help=text("help_id"))
    verb.add_argument("-o", "--output", type=Path, metavar="FILE", help=text("help_certificate_output"))
    verb.add_argument("--receipt", action="store_true", help=text("help_receipt"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any] | None:
    """Print the document, or write it to a file."""
    kind = "receipt" if options.receipt else "certificate"
    document = signed_in(options).get(f"/transfers/v1/transfers/{options.id}/{kind}")
    if options.output is None:
        print(json.dumps(document, ensure_ascii=False))
        return None
    write_private(options.output, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    tell(text("certificate_written", path=options.output))
    return None
