"""``list``: transfers sent or received, newest first."""

from argparse import Namespace
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import print_row
from fumibako.decoding import items_in
from fumibako.errors import UsageError
from fumibako.messages import text
from fumibako.progress import readable_size
from fumibako.results import Transfer


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "list",
        shared.member,
        help=text("help_list"),
        about=text("about_list"),
        examples=["fumibako list --box received --limit 10"],
    )
    verb.add_argument("--box", choices=("sent", "received", "all"), default="sent", help=text("help_box"))
    verb.add_argument("--state", help=text("help_state"))
    verb.add_argument("--limit", type=int, default=50, metavar="N", help=text("help_limit"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Up to ``--limit`` transfers."""
    if options.limit < 1:
        raise UsageError("usage", text("limit_wrong"), text("usage_hint", prog="fumibako list"))
    api, cursor = signed_in(options), None
    items: list[dict[str, Any]] = []
    while len(items) < options.limit:
        page = api.get(
            "/transfers/v1/transfers",
            box=options.box,
            state=options.state,
            cursor=cursor,
            limit=max(1, min(200, options.limit - len(items))),
        )
        items += items_in(page, Transfer)
        cursor = page.get("next")
        if not cursor:
            break
    if not options.json:
        for one in items:
            print_row(*fields_of(one))
    return {"items": items, "next": cursor}


def fields_of(transfer: dict[str, Any]) -> tuple[str, ...]:
    """Id, state, count, size, expiry, and to whom."""
    return (
        transfer["id"],
        transfer.get("reason") or transfer["state"],
        str(transfer["files"]),
        readable_size(transfer["bytes"]),
        transfer["expires_at"],
        ", ".join(one["email"] for one in transfer["recipients"][:3]),
    )
