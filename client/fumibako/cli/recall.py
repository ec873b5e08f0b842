"""``recall``: stop a transfer; its bytes are destroyed first."""

from argparse import ArgumentParser, Namespace
from typing import Any

from fumibako.cli.terminal import id_of, signed_in, tell
from fumibako.messages import text


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("recall", parents=[common], help=text("help_recall"))
    verb.add_argument("id", help=text("help_id"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Recall and say where to look for the certificate."""
    transfer = signed_in(options).delete(f"/transfers/v1/transfers/{id_of(options.id, 'tr')}")
    tell(text("recalled", id=options.id))
    return transfer
