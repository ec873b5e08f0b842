"""``audit``: what was done, by whom; the whole record as a file; and whether the chain of it holds."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from fumibako.cli.audit_lines import blocks_of, roots_of
from fumibako.cli.connection import signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import print_row, tell
from fumibako.cli.verify import chain_facts
from fumibako.decoding import items_in
from fumibako.errors import UsageError
from fumibako.messages import shown_path, text
from fumibako.results import AuditEntry
from fumibako_format.proofs import verify_audit_chain

_FILTERS = ("subject", "actor", "action")


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb and its own verbs to the command."""
    verb = verbs.add_parser("audit", help=text("help_audit"), description=text("about_audit"))
    actions = verb.add_subparsers(dest="action_of_audit", metavar=text("verb"), required=True)
    _add_list(actions, shared)
    export = add_verb(
        actions,
        "export",
        shared.member,
        help=text("help_audit_export"),
        about=text("about_audit_export"),
        examples=["fumibako audit export -o audit.jsonl"],
    )
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help=text("help_audit_output"))
    export.add_argument("--from-block", type=int, default=1, metavar="N", help=text("help_from_block"))
    export.set_defaults(run=run_export)
    check = add_verb(
        actions,
        "check",
        shared.member,
        help=text("help_audit_check"),
        about=text("about_audit_check"),
        examples=["fumibako audit check --root SHA256:4Zq..."],
    )
    check.add_argument("--root", metavar="FINGERPRINT", help=text("help_root"))
    check.add_argument("--from-block", type=int, default=1, metavar="N", help=text("help_from_block"))
    check.set_defaults(run=run_check)


def _add_list(actions: Any, shared: Shared) -> None:
    listing = add_verb(
        actions,
        "list",
        shared.member,
        help=text("help_audit_list"),
        about=text("about_audit_list"),
        examples=["fumibako audit list --action transfer.closed --from 2026-01-01T00:00:00Z"],
    )
    listing.add_argument("--from", dest="since", metavar="TIME", help=text("help_audit_from"))
    listing.add_argument("--to", dest="until", metavar="TIME", help=text("help_audit_to"))
    listing.add_argument("--subject", metavar="ID", help=text("help_audit_subject"))
    listing.add_argument("--actor", metavar="ID", help=text("help_audit_actor"))
    listing.add_argument("--action", metavar="ACTION", help=text("help_audit_action"))
    listing.add_argument("--limit", type=int, default=50, metavar="N", help=text("help_limit"))
    listing.set_defaults(run=run_list)


def run_list(options: Namespace) -> dict[str, Any]:
    """Up to ``--limit`` entries, newest first."""
    if options.limit < 1:
        raise UsageError("usage", text("limit_wrong"), text("usage_hint", prog="fumibako audit list"))
    query = {"from": options.since, "to": options.until, **{name: getattr(options, name) for name in _FILTERS}}
    api, cursor = signed_in(options), None
    items: list[dict[str, Any]] = []
    while len(items) < options.limit:
        page = api.get("/reporting/v1/audit", **query, cursor=cursor, limit=min(200, options.limit - len(items)))
        items += items_in(page, AuditEntry)
        cursor = page.get("next")
        if not cursor:
            break
    if not options.json:
        for one in items:
            print_row(one["at"], one["action"], one["actor"], one["subject"], _data(one))
    return {"items": items, "next": cursor}


def _data(entry: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(entry["data"].items()))


def run_export(options: Namespace) -> dict[str, Any] | None:
    """JSON Lines on stdout or into a file: signed roots first, then blocks, each a line. Memory stays the same however long it is."""
    api, blocks, entries = signed_in(options), 0, 0
    with _target(options.output) as stream:
        roots = roots_of(api)
        for root in roots:
            stream.write(json.dumps({"root": root}, ensure_ascii=False) + "\n")
        for block in blocks_of(api, options.from_block):
            stream.write(json.dumps({"block": block}, ensure_ascii=False) + "\n")
            blocks, entries = blocks + 1, entries + int(block["count"])
    tell(text("audit_exported", blocks=blocks, entries=entries))
    if options.output is None:
        return None
    return {"blocks": blocks, "entries": entries, "roots": len(roots), "file": str(options.output)}


@contextmanager
def _target(path: Path | None) -> Iterator[TextIO]:
    """stdout, or a file that stands under its name only when it is whole."""
    if path is None:
        yield sys.stdout
        return
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            yield stream
        temporary.replace(path)
    except OSError as error:
        why = text("unwritable", path=shown_path(path), why=error.strerror or "")
        raise UsageError("unwritable", why, text("unwritable_hint")) from error
    finally:
        temporary.unlink(missing_ok=True)


def run_check(options: Namespace) -> dict[str, Any]:
    """Fetch every block and hold it against the one before and the signed roots, here, not on the server that is being checked.

    Raises ProofInvalid, SignerUnknown.
    """
    api = signed_in(options)
    chain = verify_audit_chain(blocks_of(api, options.from_block), roots=roots_of(api), root_fingerprint=options.root)
    return chain_facts(chain)
