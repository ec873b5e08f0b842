"""``get``: what a link or an id leads to, onto this disk."""

import os
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fumibako.cli.connection import as_guest, parallel_of, signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.piping import PIPE, fetch_to_pipe
from fumibako.cli.preferences import preferred_folder
from fumibako.cli.progress_lines import shown
from fumibako.cli.terminal import ask_secret, can_ask, id_of, tell
from fumibako.credentials import kept_link_key
from fumibako.downloads.get import Fetched, GetOptions, Getter
from fumibako.downloads.get_zip import GettingZip, ZipOptions
from fumibako.driving import run as driven
from fumibako.errors import IntegrityFailed, NotAllowed, UsageError
from fumibako.http import Api
from fumibako.links import parse_link
from fumibako.messages import shown_path, text
from fumibako.progress import readable_size
from fumibako_format.names import display_name


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "get",
        shared.member,
        help=text("help_get"),
        about=text("about_get"),
        examples=[
            "fumibako get 'https://files.example.jp/l#acme.Vw3...' -o inbox",
            "fumibako get tr_01j9zk3v0x7q8m2n4p5r6s7t8v --zip drawings.zip",
            "fumibako get tr_01j9zk3v0x7q8m2n4p5r6s7t8v -o - | psql shop",
        ],
    )
    verb.add_argument("what", metavar="LINK|ID", help=text("help_what"))
    verb.add_argument("-o", "--output", type=Path, default=None, metavar="FOLDER", help=text("help_output"))
    verb.add_argument("--zip", type=Path, metavar="FILE", help=text("help_get_zip"))
    verb.add_argument("--file", metavar="ID", help=text("help_get_file"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.add_argument("--passphrase-file", metavar="FILE", help=text("help_passphrase_file"))
    verb.add_argument("--key", metavar="KEY", help=text("help_key"))
    verb.add_argument("--force", action="store_true", help=text("help_force"))
    verb.add_argument("--parallel", type=int, default=None, metavar="N", help=text("help_parallel"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any] | None:
    """Fetch every file; each is complete and checked, or not there."""
    folder = _folder(options)
    parallel_of(options)
    _require_pipe_alone(options)
    if folder != PIPE:
        require_writable(folder)
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
    if options.zip is not None:
        return _fetch_zip(api, transfer, options, key=key, passphrase=passphrase)
    if folder != PIPE:
        return fetch_into(api, transfer, folder, options, key=key, passphrase=passphrase)
    _tell_scan(transfer)
    streamed = fetch_to_pipe(api, transfer, options, key=key, passphrase=passphrase)
    tell(text("fetched", count=1, size=readable_size(streamed.size)))
    return None


def _folder(options: Namespace) -> Path:
    """Where something will be written, or ``-``."""
    if options.zip is not None:
        folder: Path = options.zip.parent
        return folder
    return preferred_folder() if options.output is None else options.output


def _require_pipe_alone(options: Namespace) -> None:
    if options.zip is not None and options.output is not None:
        raise UsageError("usage", text("zip_or_folder"), text("usage_hint", prog="fumibako get"))
    if options.output != PIPE and options.file is not None:
        raise UsageError("usage", text("file_needs_pipe"), text("usage_hint", prog="fumibako get"))
    if options.output == PIPE and options.json:
        raise UsageError("usage", text("json_or_pipe"), text("usage_hint", prog="fumibako get"))


def fetch_into(
    api: Api, transfer: dict[str, Any], folder: Path, options: Namespace, *, key: str | None, passphrase: str | None
) -> dict[str, Any]:
    """Every file of one transfer into a folder; gives what ``--json`` prints."""
    _tell_scan(transfer)
    force = bool(getattr(options, "force", False))
    wanted = GetOptions(folder, key, passphrase, force, parallel_of(options), sha256=True)
    getter = Getter(api, transfer, transfer.get("slots") or [], wanted)
    with shown(text("fetching"), transfer["bytes"]) as progress:
        fetched = getter.run(progress)
    return _report(transfer, fetched, options)


def _fetch_zip(
    api: Api, transfer: dict[str, Any], options: Namespace, *, key: str | None, passphrase: str | None
) -> dict[str, Any]:
    """Every file of one transfer into one zip."""
    _tell_scan(transfer)
    wanted = ZipOptions(options.zip, key, passphrase, options.force, parallel_of(options))
    getting = GettingZip(api.account, transfer, transfer.get("slots") or [], wanted)
    with shown(text("fetching"), transfer["bytes"]) as progress:
        fetched = driven(getting.run(progress))
    # In a zip names have one form on every system.
    return {**_report(transfer, fetched, options, place=Path.as_posix), "zip": str(options.zip)}


def _tell_scan(transfer: dict[str, Any]) -> None:
    if transfer["scan"] in ("pending", "not_scanned", "unscannable", "infected"):
        tell(text(f"scan_{transfer['scan']}"))


def require_writable(folder: Path) -> None:
    """Before a code is asked for and a download is counted. Raises UsageError("unwritable")."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        raise UsageError("unwritable", text("unwritable", path=shown_path(folder), why=""), text("unwritable_hint"))


def _ask_way_in(transfer: dict[str, Any], options: Namespace) -> tuple[str | None, str | None]:
    if "passphrase" in {slot["kind"] for slot in transfer.get("slots") or []}:
        return None, ask_secret(text("ask_passphrase"), options.passphrase_file)
    if not can_ask():
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


def _report(
    transfer: dict[str, Any], fetched: list[Fetched], options: Namespace, *, place: Callable[[Path], str] = str
) -> dict[str, Any]:
    files = [{"id": f.id, "path": place(f.path), "size": f.size, "sha256": f.sha256} for f in fetched]
    if not options.json:
        for one in fetched:
            print(f"{one.sha256}  {display_name(place(one.path))}")
    tell(text("fetched", count=len(files), size=readable_size(sum(f.size for f in fetched))))
    return {"id": transfer["id"], "scan": transfer["scan"], "files": files}
