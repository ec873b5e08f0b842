"""``receive``: what people sent to your file requests: list it, or fetch everything that is new."""

import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fumibako.answers import server_id
from fumibako.cli.connection import parallel_of, signed_in
from fumibako.cli.get import fetch_into, require_writable
from fumibako.cli.list_transfers import fields_of
from fumibako.cli.pages import items_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.preferences import preferred_folder
from fumibako.cli.received import Received
from fumibako.cli.terminal import id_of, print_row, tell
from fumibako.errors import ClientError, Full, NetworkFailed
from fumibako.http import Api
from fumibako.messages import text
from fumibako.results import Transfer


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "receive",
        shared.member,
        help=text("help_receive"),
        about=text("about_receive"),
        examples=["fumibako receive --list", "fumibako receive rq_01j9zk3v0x7q8m2n4p5r6s7t8v -o inbox"],
    )
    verb.add_argument("id", nargs="?", metavar="ID", help=text("help_receive_id"))
    verb.add_argument("-o", "--output", type=Path, default=None, metavar="FOLDER", help=text("help_receive_output"))
    verb.add_argument("--list", action="store_true", help=text("help_receive_list"))
    verb.add_argument("--again", action="store_true", help=text("help_again"))
    verb.add_argument("--parallel", type=int, default=None, metavar="N", help=text("help_parallel"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Each transfer goes into a folder of its own, named by its id: two senders may both send an ``invoice.pdf``.

    Where one fails the others are fetched all the same, and reported; then its failure is raised.
    """
    wanted = None if options.id is None else id_of(options.id, "rq")
    parallel_of(options)
    api = signed_in(options)
    if wanted is not None:
        api.get(f"/transfers/v1/requests/{wanted}")  # an id that is not yours is told, not taken for an empty one
    found = list(_received(api, wanted))
    if options.list:
        return _listed(found, options)
    received = Received(api.credentials.url)
    new = [one for one in found if options.again or one["id"] not in received]
    folder = preferred_folder() if options.output is None else options.output
    require_writable(folder)
    fetched, failed = _fetch_each(api, new, folder, options)
    result = {"transfers": fetched, "left": len(found) - len(new)}
    tell(text("received", count=len(fetched), left=result["left"]))
    if failed is not None:
        if options.json:
            print(json.dumps(result, ensure_ascii=False))
        raise failed
    return result


def _fetch_each(
    api: Api, new: list[dict[str, Any]], folder: Path, options: Namespace
) -> tuple[list[dict[str, Any]], ClientError | None]:
    """What was fetched, and the first failure. Raises NetworkFailed and Full at once: those behind it would meet the same."""
    received, fetched, failed = Received(api.credentials.url), [], None
    for one in new:
        try:
            done = fetch_into(api, one, folder / one["id"], options, key=None, passphrase=None)
        except (NetworkFailed, Full):
            raise
        except ClientError as error:
            # One that expired meanwhile, or does not hold, must not keep back all behind it, night after night.
            tell(f"{one['id']}: {error.message}")
            failed = failed or error
            continue
        received.note(one["id"])
        fetched.append({"request": one["request"], **done})
    return fetched, failed


def _received(api: Api, request: str | None) -> Iterator[dict[str, Any]]:
    """Transfers that came for a request of this member, or for all of them, and can be fetched now, newest first."""
    found = items_of(api, "/transfers/v1/transfers", Transfer, box="received", state="ready", request=request)
    for one in found:
        server_id(one["id"], "tr")  # it names a folder here
        if one.get("request"):
            yield one


def _listed(found: list[dict[str, Any]], options: Namespace) -> dict[str, Any]:
    if not options.json:
        for one in found:
            print_row(one["request"], *fields_of(one))
    return {"items": found}
