"""``service-account``: sign-ins for programs. The private key is made here and never leaves this computer."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.key_file import new_private_jwk
from fumibako.cli.pages import items_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import id_of, print_row, tell
from fumibako.credentials import write_private
from fumibako.errors import UsageError
from fumibako.messages import shown_path, text
from fumibako_format.names import display_name

_PATH = "/auth/v1/service-accounts"
SCOPES = ("transfers:read", "transfers:write", "requests:write", "audit:read", "admin")


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb and its own verbs to the command."""
    verb = verbs.add_parser(
        "service-account", help=text("help_service_account"), description=text("about_service_account")
    )
    actions = verb.add_subparsers(dest="action", metavar=text("verb"), required=True)
    create = add_verb(
        actions,
        "create",
        shared.member,
        help=text("help_account_create"),
        about=text("about_account_create"),
        examples=["fumibako service-account create nightly -o key.json --scope transfers:write"],
    )
    create.add_argument("name", metavar="NAME", help=text("help_account_name"))
    create.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help=text("help_account_output"))
    create.add_argument("--scope", action="append", default=[], choices=SCOPES, help=text("help_scope"))
    create.add_argument("--network", action="append", default=[], metavar="CIDR", help=text("help_network"))
    create.set_defaults(run=run_create)
    for name, help_text, example, run in (
        ("list", text("help_account_list"), "fumibako service-account list", run_list),
        ("remove", text("help_account_remove"), "fumibako service-account remove sa_01j9zk3v0x7q8m2n4p5r6s7t8v", run_remove),
    ):  # fmt: skip
        action = add_verb(
            actions, name, shared.member, help=help_text, about=text("about_service_account"), examples=[example]
        )
        if name == "remove":
            action.add_argument("id", metavar="ID", help=text("help_id"))
        action.set_defaults(run=run)


def run_create(options: Namespace) -> dict[str, Any]:
    """Make the account and its key file. Raises UsageError("exists"): a key that is in use is never overwritten."""
    if options.output.exists():
        raise UsageError("exists", text("exists", path=shown_path(options.output)), text("key_exists_hint"))
    api = signed_in(options)
    private, public = new_private_jwk()
    scopes = sorted(set(options.scope)) or ["transfers:read", "transfers:write"]
    body = {"name": options.name, "scopes": scopes, "networks": options.network, "public_jwk": public}
    made = api.post(_PATH, body)
    key = {"url": api.credentials.url, "client_id": made["client_id"], "private_jwk": private}
    try:
        write_private(options.output, json.dumps(key, indent=1) + "\n")
    except OSError as error:
        api.delete(f"{_PATH}/{made['id']}")  # nobody holds its key: it would only lie about
        why = text("unwritable", path=shown_path(options.output), why=error.strerror or "")
        raise UsageError("unwritable", why, text("unwritable_hint")) from error
    tell(text("account_made", path=shown_path(options.output)))
    if not options.json:
        print_row(made["id"])
    return made


def run_list(options: Namespace) -> dict[str, Any]:
    """All of the company, without any secret."""
    items = list(items_of(signed_in(options), _PATH))
    if not options.json:
        for one in items:
            print(f"{one['id']}\t{display_name(one['name'])}\t{' '.join(one['scopes'])}")
    return {"items": items}


def run_remove(options: Namespace) -> dict[str, Any]:
    """Its tokens end at once."""
    account = id_of(options.id, "sa")
    signed_in(options).delete(f"{_PATH}/{account}")
    tell(text("account_removed", id=account))
    return {"id": account}
