"""``show``: one transfer with its recipients, and the sender's own links."""

from argparse import Namespace
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import id_of, tell
from fumibako.credentials import kept_link_key
from fumibako.decoding import decoded
from fumibako.messages import text
from fumibako.progress import readable_size
from fumibako.results import Transfer
from fumibako_format.names import display_name


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "show",
        shared.member,
        help=text("help_show"),
        about=text("about_show"),
        examples=["fumibako show tr_01j9zk3v0x7q8m2n4p5r6s7t8v --links"],
    )
    verb.add_argument("id", metavar="ID", help=text("help_id"))
    verb.add_argument("--links", action="store_true", help=text("help_links"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Everything the server tells the sender; with ``--links`` the addresses to pass on."""
    api = signed_in(options)
    transfer = api.get(f"/transfers/v1/transfers/{id_of(options.id, 'tr')}")
    decoded(Transfer, transfer)
    if options.links:
        answer = api.post(f"/transfers/v1/transfers/{options.id}/links")
        key = kept_link_key(options.id) if transfer["class"] == "sealed" else None
        if transfer["class"] == "sealed" and key is None:
            tell(text("links_without_key"))
        ending = f".{key}" if key else ""
        transfer["links"] = [{**link, "url": link["url"] + ending} for link in answer["links"]]
    if not options.json:
        _print(transfer)
    return transfer


def _print(transfer: dict[str, Any]) -> None:
    state = transfer["state"] + (f" ({transfer['reason']})" if transfer.get("reason") else "")
    rows = {
        "id": transfer["id"],
        "state": state,
        "class": transfer["class"],
        "title": transfer.get("title") or "",
        "files": str(transfer["files"]),
        "size": readable_size(transfer["bytes"]),
        "scan": transfer["scan"],
        "expires": transfer["expires_at"],
        "destroyed": transfer.get("destroyed_at") or "",
    }
    for name, value in rows.items():
        if value:
            print(f"{name:<10} {display_name(value)}")
    for one in transfer["recipients"]:
        print(f"{'to':<10} {display_name(one['email'])}  {display_name(one['state'])}  {one['downloads']}")
    for link in transfer.get("links", []):
        print(f"{'link':<10} {display_name(link['url'])}")
