"""``request``: ask somebody outside for files."""

from argparse import Namespace
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.durations import minutes_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.people import add_recipient_options, recipients_of
from fumibako.cli.terminal import id_of, print_row, tell
from fumibako.decoding import items_in
from fumibako.messages import text
from fumibako.results import FileRequest
from fumibako_format.names import display_name


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb and its own verbs to the command."""
    verb = verbs.add_parser("request", help=text("help_request"), description=text("about_request"))
    actions = verb.add_subparsers(dest="action", metavar=text("verb"), required=True)
    create = add_verb(
        actions,
        "create",
        shared.member,
        help=text("help_request_create"),
        about=text("about_request_create"),
        examples=['fumibako request create "Tender documents" --to tanaka@supplier.example'],
    )
    create.add_argument("title", metavar="TITLE", help=text("help_title"))
    add_recipient_options(create)
    create.add_argument("--domain", action="append", default=[], metavar="DOMAIN", help=text("help_domain"))
    create.add_argument("--message", default=None, help=text("help_message"))
    create.add_argument("--expires", metavar="TIME", help=text("help_expires"))
    create.add_argument("--proof", choices=("link", "code"), help=text("help_proof"))
    create.add_argument("--max-files", type=int, metavar="N", help=text("help_max_files"))
    create.add_argument("--max-bytes", type=int, metavar="BYTES", help=text("help_max_bytes"))
    create.add_argument("--idempotency-key", metavar="KEY", help=text("help_idempotency_key"))
    create.set_defaults(run=run_create)
    listing = add_verb(
        actions,
        "list",
        shared.member,
        help=text("help_request_list"),
        about=text("about_request_list"),
        examples=["fumibako request list"],
    )
    listing.set_defaults(run=run_list)
    close = add_verb(
        actions,
        "close",
        shared.member,
        help=text("help_request_close"),
        about=text("about_request_close"),
        examples=["fumibako request close rq_01j9zk3v0x7q8m2n4p5r6s7t8v"],
    )
    close.add_argument("id", metavar="ID", help=text("help_id"))
    close.set_defaults(run=run_close)


def run_create(options: Namespace) -> dict[str, Any]:
    """Make a request; its link is printed for passing on, addressed ones are mailed."""
    body = {
        "title": options.title,
        "message": options.message,
        "recipients": recipients_of(options) or None,
        "domains": options.domain or None,
        "proof": options.proof,
        "max_files": options.max_files,
        "max_bytes": options.max_bytes,
        "expires_in_minutes": minutes_of(options.expires) if options.expires else None,
    }
    fields = {k: v for k, v in body.items() if v is not None}
    made = signed_in(options).post("/transfers/v1/requests", fields, key=options.idempotency_key)
    tell(text("request_made", expires=made["expires_at"]))
    if not options.json and made.get("url"):
        print(display_name(made["url"]))
    return made


def run_list(options: Namespace) -> dict[str, Any]:
    """The requests of this member, newest first."""
    page = signed_in(options).get("/transfers/v1/requests", limit=200)
    if not options.json:
        for one in items_in(page, FileRequest):
            print_row(one["id"], one["state"], one["expires_at"], one["title"])
    return page


def run_close(options: Namespace) -> dict[str, Any]:
    """Nobody can upload to it any more."""
    return signed_in(options).delete(f"/transfers/v1/requests/{id_of(options.id, 'rq')}")
