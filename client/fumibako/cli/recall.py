"""``recall``: stop a transfer; its bytes are destroyed first."""

from argparse import Namespace
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.terminal import id_of, tell
from fumibako.messages import text


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "recall",
        shared.member,
        help=text("help_recall"),
        about=text("about_recall"),
        examples=["fumibako recall tr_01j9zk3v0x7q8m2n4p5r6s7t8v"],
    )
    verb.add_argument("id", metavar="ID", help=text("help_id"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Recall and say where to look for the certificate."""
    transfer = signed_in(options).delete(f"/transfers/v1/transfers/{id_of(options.id, 'tr')}")
    tell(text("recalled", id=options.id))
    return transfer
