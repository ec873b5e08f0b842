"""``get``: what a link or an id leads to, onto this disk."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.terminal import ask, ask_secret, signed_in, tell
from fumibako.credentials import state_folder
from fumibako.downloads.get import Fetched, GetOptions, Getter
from fumibako.errors import UsageError
from fumibako.http import Api, open_pool
from fumibako.links import guest_again, parse_link, prove
from fumibako.messages import text
from fumibako.progress import Bar, bar_or_silent, readable_size
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
    if not 1 <= options.parallel <= 32:
        raise UsageError("usage", text("parallel_wrong"))
    if options.output.exists() and not (options.output.is_dir() and os.access(options.output, os.W_OK)):
        raise UsageError("unwritable", text("unwritable", path=options.output, why=""))
    if options.what.startswith("tr_"):
        api, transfer_id, key, passphrase = signed_in(options), options.what, _kept_key(options), None
    else:
        api, transfer_id, key, passphrase = _as_guest(options)
    transfer = api.get(f"/transfers/v1/transfers/{transfer_id}")
    if transfer["class"] == "sealed" and key is None and passphrase is None:
        kinds = {slot["kind"] for slot in transfer.get("slots", [])}
        if "passphrase" in kinds:
            passphrase = ask_secret(text("ask_passphrase"), options.passphrase_file)
        else:
            key = ask_secret(text("ask_key"), None)
    if transfer["scan"] != "clean":
        tell(text(f"scan_{transfer['scan']}"))
    wanted = GetOptions(options.output, key, passphrase, options.force, options.parallel)
    bar = bar_or_silent(text("fetching"), transfer["bytes"])
    fetched = Getter(api, transfer, transfer.get("slots", []), wanted).run(bar)
    if isinstance(bar, Bar):
        bar.finish()
    return _report(transfer_id, fetched, options)


def _kept_key(options: Namespace) -> str | None:
    if options.key:
        return str(options.key)
    path = state_folder() / "sealed" / f"{options.what}.key"
    return path.read_text("utf-8") if path.is_file() else None


def _as_guest(options: Namespace) -> tuple[Api, str, str | None, str | None]:
    link = parse_link(options.what)
    pool = open_pool(connections=options.parallel + 4)
    guest, passphrase = guest_again(pool, link), None
    if guest is None:
        guest, passphrase = prove(
            pool,
            link,
            ask_code=lambda hint: ask_secret(text("ask_code", address=hint), options.code_file),
            ask_passphrase=lambda: ask_secret(text("ask_passphrase"), options.passphrase_file),
            ask_address=lambda: ask(text("ask_address")),
        )
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
