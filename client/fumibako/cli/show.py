"""``show``: one transfer with its recipients, and the sender's own links."""

from argparse import ArgumentParser, Namespace
from typing import Any

from fumibako.cli.terminal import id_of, signed_in, tell
from fumibako.credentials import kept_link_key
from fumibako.messages import text
from fumibako.progress import readable_size
from fumibako_format.names import display_name


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("show", parents=[common], help=text("help_show"))
    verb.add_argument("id", help=text("help_id"))
    verb.add_argument("--links", action="store_true", help=text("help_links"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Everything the server tells the sender; with ``--links`` the addresses to pass on."""
    api = signed_in(options)
    transfer = api.get(f"/transfers/v1/transfers/{id_of(options.id, 'tr')}")
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
        "title": display_name(transfer.get("title") or ""),
        "files": str(transfer["files"]),
        "size": readable_size(transfer["bytes"]),
        "scan": transfer["scan"],
        "expires": transfer["expires_at"],
        "destroyed": transfer.get("destroyed_at") or "",
    }
    for name, value in rows.items():
        if value:
            print(f"{name:<10} {value}")
    for one in transfer["recipients"]:
        print(f"{'to':<10} {display_name(one['email'])}  {one['state']}  {one['downloads']}")
    for link in transfer.get("links", []):
        print(f"{'link':<10} {display_name(link['url'])}")
