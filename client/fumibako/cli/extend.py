"""``extend``: more time, more downloads, more people, or send now what is held."""

from argparse import Namespace
from typing import Any

from fumibako.cli.connection import signed_in
from fumibako.cli.durations import minutes_of
from fumibako.cli.parser import Shared, add_verb
from fumibako.cli.people import add_recipient_options, recipients_of
from fumibako.cli.terminal import id_of, tell
from fumibako.errors import UsageError
from fumibako.http import Api
from fumibako.messages import text

_TRIES = 4


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "extend",
        shared.member,
        help=text("help_extend"),
        about=text("about_extend"),
        examples=["fumibako extend tr_01j9zk3v0x7q8m2n4p5r6s7t8v --expires 14d"],
    )
    verb.add_argument("id", metavar="ID", help=text("help_id"))
    verb.add_argument("--expires", metavar="TIME", help=text("help_expires_again"))
    verb.add_argument("--max-downloads", type=int, metavar="N", help=text("help_max_downloads"))
    add_recipient_options(verb)
    verb.add_argument("--send-now", action="store_true", help=text("help_send_now"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Change what was asked for; everything else stays. Raises UsageError("usage") where nothing was."""
    transfer = id_of(options.id, "tr")
    wanted = {
        "expires_in_minutes": minutes_of(options.expires) if options.expires else None,
        "max_downloads": options.max_downloads,
        "add_recipients": recipients_of(options) or None,
        "send_now": options.send_now or None,
    }
    body = {name: value for name, value in wanted.items() if value is not None}
    if not body:
        raise UsageError("usage", text("extend_nothing"), text("usage_hint", prog="fumibako extend"))
    changed = _changed(signed_in(options), f"/transfers/v1/transfers/{transfer}", body)
    tell(text("extended", id=transfer, expires=changed["expires_at"]))
    return changed


def _changed(api: Api, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Every download and check changes the version too; what is asked for here stays right whatever else happened meanwhile."""
    for left in range(_TRIES - 1, -1, -1):
        version = api.get(path)["version"]
        try:
            return api.patch(path, body, version=version)
        except UsageError as error:
            if error.code != "version_changed" or not left:
                raise
    raise AssertionError("unreachable")
