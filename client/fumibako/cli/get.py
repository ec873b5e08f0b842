"""``get``: what a link or an id leads to, onto this disk."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.terminal import as_guest, ask_secret, id_of, parallel_of, signed_in, tell
from fumibako.credentials import kept_link_key
from fumibako.downloads.get import Fetched, GetOptions, Getter
from fumibako.errors import IntegrityFailed, NotAllowed, UsageError
from fumibako.http import Api
from fumibako.links import parse_link
from fumibako.messages import shown_path, text
from fumibako.progress import readable_size, shown
from fumibako_format.names import display_name


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("get", parents=[common], help=text("help_get"))
    verb.add_argument("what", metavar="LINK|ID", help=text("help_what"))
    verb.add_argument("-o", "--output", type=Path, default=Path(), metavar="FOLDER", help=text("help_output"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.add_argument("--passphrase-file", metavar="FILE", help=text("help_passphrase_file"))
    verb.add_argument("--key", metavar="KEY", help=text("help_key"))
    verb.add_argument("--force", action="store_true", help=text("help_force"))
    verb.add_argument("--parallel", type=int, default=4, metavar="N", help=text("help_parallel"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Fetch every file; each is complete and checked, or not there."""
    parallel = parallel_of(options)
    _require_writable(options.output)
    if options.what.startswith("tr_"):
        api, transfer_id, passphrase = signed_in(options), id_of(options.what, "tr"), None
        key = options.key or kept_link_key(transfer_id)
    else:
        api, transfer_id, key, passphrase = _from_link(options)
    transfer = api.get(f"/transfers/v1/transfers/{transfer_id}")
    if key is not None and transfer["class"] != "sealed":
        # Who holds a key holds it for a sealed transfer. A server that says otherwise could give out content of its own.
        raise IntegrityFailed("class_differs", text("class_differs"), text("size_differs_hint"))
    if transfer["class"] == "sealed" and key is None and passphrase is None:
        key, passphrase = _ask_way_in(transfer, options)
    if transfer["scan"] in ("pending", "not_scanned", "unscannable", "infected"):
        tell(text(f"scan_{transfer['scan']}"))
    wanted = GetOptions(options.output, key, passphrase, options.force, parallel)
    getter = Getter(api, transfer, transfer.get("slots") or [], wanted)
    with shown(text("fetching"), transfer["bytes"]) as progress:
        fetched = getter.run(progress)
    return _report(transfer_id, fetched, options)


def _require_writable(folder: Path) -> None:
    """Before a code is asked for and a download is counted. Raises UsageError("unwritable")."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise UsageError("unwritable", text("unwritable", path=shown_path(folder), why=""), text("unwritable_hint"))


def _ask_way_in(transfer: dict[str, Any], options: Namespace) -> tuple[str | None, str | None]:
    if "passphrase" in {slot["kind"] for slot in transfer.get("slots") or []}:
        return None, ask_secret(text("ask_passphrase"), options.passphrase_file)
    if not sys.stdin.isatty():
        raise NotAllowed("key_missing", text("key_missing"), text("key_missing_hint"))
    return ask_secret(text("ask_key"), None), None


def _from_link(options: Namespace) -> tuple[Api, str, str | None, str | None]:
    link = parse_link(options.what)
    guest, passphrase = as_guest(options, link)
    sender = guest.look["sender"]
    tell(text("from", name=display_name(sender["name"]), company=display_name(sender["company"])))
    if not guest.subject.startswith("tr_"):
        raise UsageError("is_a_request", text("is_a_request"), text("is_a_request_hint"))
    return guest.api, guest.subject, link.key or options.key, passphrase


def _report(transfer_id: str, fetched: list[Fetched], options: Namespace) -> dict[str, Any]:
    files = [{"id": f.id, "path": str(f.path), "size": f.size, "sha256": f.sha256} for f in fetched]
    if not options.json:
        for one in fetched:
            print(f"{one.sha256}  {display_name(str(one.path))}")
    tell(text("fetched", count=len(files), size=readable_size(sum(f.size for f in fetched))))
    return {"id": transfer_id, "files": files}
