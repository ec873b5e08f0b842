"""``certificate``: the signed proof that a transfer is gone, or with ``--receipt`` that an upload arrived."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.connection import as_guest, signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import id_of, tell
from fumibako.credentials import write_private
from fumibako.errors import UsageError
from fumibako.links import parse_link
from fumibako.messages import shown_path, text


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "certificate",
        shared.member,
        help=text("help_certificate"),
        about=text("about_certificate"),
        examples=["fumibako certificate tr_01j9zk3v0x7q8m2n4p5r6s7t8v -o gone.json"],
    )
    verb.add_argument("id", metavar="ID", help=text("help_id"))
    verb.add_argument("-o", "--output", type=Path, metavar="FILE", help=text("help_certificate_output"))
    verb.add_argument("--receipt", action="store_true", help=text("help_receipt"))
    verb.add_argument("--request", metavar="LINK", help=text("help_receipt_request"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.set_defaults(address=None)
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any] | None:
    """Print the document, or write it to a file."""
    kind = "receipt" if options.receipt or options.request else "certificate"
    transfer = id_of(options.id, "tr")
    api = as_guest(options, parse_link(options.request))[0].api if options.request else signed_in(options)
    document = api.get(f"/transfers/v1/transfers/{transfer}/{kind}")
    if options.output is None:
        print(json.dumps(document, ensure_ascii=False))
        return None
    try:
        write_private(options.output, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        why = text("unwritable", path=shown_path(options.output), why=error.strerror or "")
        raise UsageError("unwritable", why, text("unwritable_hint")) from error
    tell(text("certificate_written", path=shown_path(options.output)))
    return {"file": str(options.output), "type": document.get("type")}
