"""``request``: ask somebody outside for files."""

from argparse import ArgumentParser, Namespace
from typing import Any

from fumibako.cli.durations import minutes_of
from fumibako.cli.terminal import id_of, signed_in, tell
from fumibako.messages import text
from fumibako_format.names import display_name


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb and its own verbs to the command."""
    verb = verbs.add_parser("request", help=text("help_request"))
    actions = verb.add_subparsers(dest="action", metavar=text("verb"), required=True)
    create = actions.add_parser("create", parents=[common], help=text("help_request_create"))
    create.add_argument("title", help=text("help_title"))
    create.add_argument("--to", action="append", default=[], metavar="ADDRESS", help=text("help_to"))
    create.add_argument("--domain", action="append", default=[], metavar="DOMAIN", help=text("help_domain"))
    create.add_argument("--message", default=None, help=text("help_message"))
    create.add_argument("--expires", metavar="TIME", help=text("help_expires"))
    create.add_argument("--proof", choices=("link", "code"), help=text("help_proof"))
    create.add_argument("--max-files", type=int, metavar="N", help=text("help_max_files"))
    create.add_argument("--max-bytes", type=int, metavar="BYTES", help=text("help_max_bytes"))
    create.set_defaults(run=run_create)
    listing = actions.add_parser("list", parents=[common], help=text("help_request_list"))
    listing.set_defaults(run=run_list)
    close = actions.add_parser("close", parents=[common], help=text("help_request_close"))
    close.add_argument("id", help=text("help_id"))
    close.set_defaults(run=run_close)


def run_create(options: Namespace) -> dict[str, Any]:
    """Make a request; its link is printed for passing on, addressed ones are mailed."""
    body = {
        "title": options.title,
        "message": options.message,
        "recipients": [{"email": address} for address in options.to] or None,
        "domains": options.domain or None,
        "proof": options.proof,
        "max_files": options.max_files,
        "max_bytes": options.max_bytes,
        "expires_in_minutes": minutes_of(options.expires) if options.expires else None,
    }
    made = signed_in(options).post("/transfers/v1/requests", {k: v for k, v in body.items() if v is not None})
    tell(text("request_made", expires=made["expires_at"]))
    if not options.json and made.get("url"):
        print(display_name(made["url"]))
    return made


def run_list(options: Namespace) -> dict[str, Any]:
    """The requests of this member, newest first."""
    page = signed_in(options).get("/transfers/v1/requests", limit=200)
    if not options.json:
        for one in page["items"]:
            print(f"{one['id']}\t{one['state']}\t{one['expires_at']}\t{display_name(one['title'])}")
    return page


def run_close(options: Namespace) -> dict[str, Any]:
    """Nobody can upload to it any more."""
    return signed_in(options).delete(f"/transfers/v1/requests/{id_of(options.id, 'rq')}")
