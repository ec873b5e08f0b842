"""``send``: files to people outside, or to a member who asked for them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.durations import minutes_of
from fumibako.cli.terminal import ask, ask_secret, signed_in, tell
from fumibako.credentials import state_folder, write_private
from fumibako.errors import UsageError
from fumibako.http import Api, open_pool
from fumibako.links import guest_again, parse_link, prove
from fumibako.messages import text
from fumibako.progress import Bar, bar_or_silent, readable_size
from fumibako.uploads.local_files import LocalFile, collect
from fumibako.uploads.send import SendOptions, Sent, send


def add_to(verbs: Any, common: ArgumentParser) -> None:
    """Add the verb to the command."""
    verb = verbs.add_parser("send", parents=[common], help=text("help_send"))
    verb.add_argument("files", nargs="+", type=Path, metavar="FILE", help=text("help_files"))
    verb.add_argument("--to", action="append", default=[], metavar="ADDRESS", help=text("help_to"))
    verb.add_argument("--title", default=None, help=text("help_title"))
    verb.add_argument("--message", default=None, help=text("help_message"))
    verb.add_argument(
        "--class",
        dest="transfer_class",
        choices=("managed", "sealed", "plain"),
        default="managed",
        help=text("help_class"),
    )
    verb.add_argument("--seal", dest="transfer_class", action="store_const", const="sealed", help=text("help_seal"))
    verb.add_argument("--expires", metavar="TIME", help=text("help_expires"))
    verb.add_argument("--max-downloads", type=int, metavar="N", help=text("help_max_downloads"))
    verb.add_argument("--hold", type=int, metavar="MINUTES", help=text("help_hold"))
    verb.add_argument("--proof", choices=("link", "code", "passphrase"), help=text("help_proof"))
    verb.add_argument("--passphrase-file", metavar="FILE", help=text("help_passphrase_file"))
    verb.add_argument("--request", metavar="LINK", help=text("help_request_link"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.add_argument("--parallel", type=int, default=4, metavar="N", help=text("help_parallel"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Send, or go on with an upload of the same command that was cut off."""
    if not 1 <= options.parallel <= 32:
        raise UsageError("usage", text("parallel_wrong"))
    local = collect(options.files)
    api = _as_guest(options) if options.request else signed_in(options)
    chosen = SendOptions(_fields(options), options.transfer_class, _passphrase(options), options.parallel)
    total = sum(one.size for one in local)
    bar = bar_or_silent(text("sending"), total)
    sent = send(api, local, chosen, progress=bar)
    if isinstance(bar, Bar):
        bar.finish()
    return _report(sent, local, total)


def _passphrase(options: Namespace) -> str | None:
    if options.proof != "passphrase":
        return None
    return ask_secret(text("ask_new_passphrase"), options.passphrase_file)


def _fields(options: Namespace) -> dict[str, Any]:
    fields: dict[str, Any] = {"recipients": [{"email": address} for address in options.to], "source": "cli"}
    if not options.request and not options.to and options.transfer_class != "sealed":
        raise UsageError("no_recipients", text("no_recipients"), text("no_recipients_hint"))
    named = {
        "title": options.title,
        "message": options.message,
        "max_downloads": options.max_downloads,
        "hold_minutes": options.hold,
        "proof": options.proof,
        "expires_in_minutes": minutes_of(options.expires) if options.expires else None,
    }
    return {**fields, **{name: value for name, value in named.items() if value is not None}}


def _as_guest(options: Namespace) -> Api:
    link = parse_link(options.request)
    pool = open_pool(connections=options.parallel + 4)
    guest = guest_again(pool, link)
    if guest is None:
        guest, _ = prove(
            pool,
            link,
            ask_code=lambda hint: ask_secret(text("ask_code", address=hint), options.code_file),
            ask_passphrase=lambda: ask_secret(text("ask_passphrase"), options.passphrase_file),
            ask_address=lambda: ask(text("ask_address")),
        )
    if not guest.subject.startswith("rq_"):
        raise UsageError("not_a_request", text("not_a_request"), text("not_a_request_hint"))
    return guest.api


def _report(sent: Sent, local: list[LocalFile], total: int) -> dict[str, Any]:
    transfer = sent.transfer
    if sent.link_key is not None:
        # The only copy of this key outside the link itself: `show ID --links` needs it again.
        write_private(state_folder() / "sealed" / f"{transfer['id']}.key", sent.link_key)
        tell(text("sealed_sent", id=transfer["id"]))
    if sent.resumed:
        tell(text("resumed", left=readable_size(sent.sent_bytes)))
    tell(text("sent", count=len(local), size=readable_size(total), expires=transfer["expires_at"]))
    print_id = {"id": transfer["id"], "state": transfer["state"], "expires_at": transfer["expires_at"]}
    return {**print_id, "files": len(local), "bytes": total, "resumed": sent.resumed, "link_key": sent.link_key}
