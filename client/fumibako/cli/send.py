"""``send``: files to people outside, or to a member who asked for them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.durations import minutes_of
from fumibako.cli.terminal import as_guest, ask_secret, parallel_of, signed_in, tell
from fumibako.errors import UsageError
from fumibako.links import Guest, parse_link
from fumibako.messages import shown_path, text
from fumibako.progress import readable_size, shown
from fumibako.uploads.local_files import LocalFile, collect
from fumibako.uploads.send import Sent, send
from fumibako.uploads.upload import SendOptions


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
        help=text("help_class"),
    )
    verb.add_argument("--seal", dest="transfer_class", action="store_const", const="sealed", help=text("help_seal"))
    verb.add_argument("--expires", metavar="TIME", help=text("help_expires"))
    verb.add_argument("--max-downloads", type=int, metavar="N", help=text("help_max_downloads"))
    verb.add_argument("--hold", type=int, metavar="MINUTES", help=text("help_hold"))
    verb.add_argument("--proof", choices=("link", "code", "passphrase"), help=text("help_proof"))
    verb.add_argument("--passphrase-file", metavar="FILE", help=text("help_passphrase_file"))
    verb.add_argument("--request", metavar="LINK", help=text("help_request_link"))
    verb.add_argument("--address", metavar="ADDRESS", help=text("help_address"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.add_argument("--parallel", type=int, default=4, metavar="N", help=text("help_parallel"))
    verb.set_defaults(run=run)


def run(options: Namespace) -> dict[str, Any]:
    """Send, or go on with an upload of the same command that was cut off."""
    parallel = parallel_of(options)
    local = collect(options.files, skipped=lambda path: tell(text("link_skipped", path=shown_path(path))))
    if options.request:
        guest = _as_guest(options)
        api, usual = guest.api, str(guest.look.get("class") or "managed")
    else:
        api, usual = signed_in(options), "managed"
    options.transfer_class = options.transfer_class or usual
    chosen = SendOptions(_fields(options), options.transfer_class, _passphrase(options), parallel)
    total = sum(one.size for one in local)
    with shown(text("sending"), total) as progress:
        sent = send(api, local, chosen, progress=progress)
    return _report(sent, local, total, options)


def _passphrase(options: Namespace) -> str | None:
    if options.proof != "passphrase":
        return None
    return ask_secret(text("ask_new_passphrase"), options.passphrase_file)


def _fields(options: Namespace) -> dict[str, Any]:
    fields: dict[str, Any] = {"recipients": [{"email": address} for address in options.to], "source": "cli"}
    if options.request and options.to:
        raise UsageError("usage", text("request_has_recipient"), text("usage_hint", prog="fumibako send"))
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


def _as_guest(options: Namespace) -> Guest:
    guest, _ = as_guest(options, parse_link(options.request))
    if not guest.subject.startswith("rq_"):
        raise UsageError("not_a_request", text("not_a_request"), text("not_a_request_hint"))
    return guest


def _report(sent: Sent, local: list[LocalFile], total: int, options: Namespace) -> dict[str, Any]:
    transfer = sent.transfer
    if sent.resumed:
        tell(text("resumed", left=readable_size(sent.sent_bytes)))
    tell(text("sent", count=len(local), size=readable_size(total), expires=transfer["expires_at"]))
    if sent.link_key is not None and not options.request:
        tell(text("sealed_sent", id=transfer["id"]))
    if options.request:
        tell(text("receipt_later", id=transfer["id"]))
    if not options.json:
        print(transfer["id"])
    print_id = {"id": transfer["id"], "state": transfer["state"], "expires_at": transfer["expires_at"]}
    return {**print_id, "files": len(local), "bytes": total, "resumed": sent.resumed, "link_key": sent.link_key}
