"""``send``: files to people outside, or to a member who asked for them."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from fumibako.cli.connection import as_guest, parallel_of, signed_in
from fumibako.cli.durations import minutes_of
from fumibako.cli.parser import Parser, Shared, add_verb
from fumibako.cli.people import add_recipient_options, recipients_of
from fumibako.cli.piping import is_from_pipe, send_pipe
from fumibako.cli.progress_lines import shown
from fumibako.cli.taking_up import held_record, passphrase_of, taken_up
from fumibako.cli.terminal import tell
from fumibako.errors import UsageError
from fumibako.http import Api
from fumibako.links import Guest, parse_link
from fumibako.messages import shown_path, text
from fumibako.progress import readable_size
from fumibako.uploads.local_files import LocalFile, collect
from fumibako.uploads.send import Sent, send
from fumibako.uploads.upload import SendOptions
from fumibako_format.names import display_name


def add_to(verbs: Any, shared: Shared) -> None:
    """Add the verb to the command."""
    verb = add_verb(
        verbs,
        "send",
        shared.member,
        help=text("help_send"),
        about=text("about_send"),
        examples=[
            "fumibako send report.pdf drawings/ --to sato@partner.example --expires 7d",
            "pg_dump shop | fumibako send - --name shop.sql --to sato@partner.example",
        ],
    )
    verb.add_argument("files", nargs="+", type=Path, metavar="FILE", help=text("help_files"))
    verb.add_argument("--name", metavar="NAME", help=text("help_name"))
    add_recipient_options(verb)
    verb.add_argument("--title", default=None, help=text("help_title"))
    verb.add_argument("--message", default=None, help=text("help_message"))
    _add_rules(verb)
    verb.add_argument("--request", metavar="LINK", help=text("help_request_link"))
    verb.add_argument("--address", metavar="ADDRESS", help=text("help_address"))
    verb.add_argument("--code-file", metavar="FILE", help=text("help_code_file"))
    verb.add_argument("--resume", type=Path, metavar="RECORD", help=text("help_resume"))
    verb.add_argument("--parallel", type=int, default=None, metavar="N", help=text("help_parallel"))
    verb.add_argument("--idempotency-key", metavar="KEY", help=text("help_idempotency_key"))
    verb.add_argument("--dry-run", action="store_true", help=text("help_dry_run"))
    verb.set_defaults(run=run)


def _add_rules(verb: Parser) -> None:
    """What holds for the transfer: who can open it, how long, how often."""
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


def run(options: Namespace) -> dict[str, Any] | None:
    """Send, or go on with an upload of the same command that was cut off."""
    skipped = _Skipped()
    parallel_of(options)
    local = [] if is_from_pipe(options) else collect(options.files, skipped=skipped)
    if options.resume:
        api, chosen, local = taken_up(options, local)
    elif options.dry_run:
        return _planned(local, skipped, options)
    else:
        api, chosen = _prepared(options)
    with held_record(options.resume):
        _send(options, api, chosen, local, skipped)
    return None


def _send(options: Namespace, api: Api, chosen: SendOptions, local: list[LocalFile], skipped: "_Skipped") -> None:
    if local:
        total = sum(one.size for one in local)
        with shown(text("sending"), total) as progress:
            sent = send(api, local, chosen, progress=progress)
    else:
        sent, total = send_pipe(api, options.name, chosen)
    result = {**_report(sent, len(local) or 1, total, options), "skipped": skipped.paths}
    print(json.dumps(result, ensure_ascii=False) if options.json else result["id"], flush=True)
    # Only now: killed before this line, the same command says the same again instead of sending twice.
    sent.told()


def _prepared(options: Namespace) -> tuple[Api, SendOptions]:
    """Who sends, and what is asked of the server."""
    if options.request:
        guest = _as_guest(options)
        api, usual = guest.api, str(guest.look.get("class") or "managed")
    else:
        api, usual = signed_in(options), "managed"
    options.transfer_class = options.transfer_class or usual
    fields, passphrase = _fields(options), passphrase_of(options, options.proof)
    parallel, key = parallel_of(options), options.idempotency_key
    return api, SendOptions(fields, options.transfer_class, passphrase, parallel, key=key)


class _Skipped:
    """Links inside folders, told one by one."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def __call__(self, path: Path) -> None:
        self.paths.append(str(path))
        tell(text("link_skipped", path=shown_path(path)))


def _planned(local: list[LocalFile], skipped: _Skipped, options: Namespace) -> dict[str, Any]:
    """What would be sent, to how many; no server is asked."""
    recipients = len(_fields(options)["recipients"])
    if not options.json:
        for one in local:
            print(f"{one.size}\t{display_name(one.name)}")
    total = sum(one.size for one in local)
    tell(text("would_send", count=len(local), size=readable_size(total), recipients=recipients))
    files = [{"name": one.name, "size": one.size} for one in local]
    return {"dry_run": True, "files": files, "bytes": total, "recipients": recipients, "skipped": skipped.paths}


def _fields(options: Namespace) -> dict[str, Any]:
    recipients = recipients_of(options)
    if options.request and recipients:
        raise UsageError("usage", text("request_has_recipient"), text("usage_hint", prog="fumibako send"))
    if not options.request and not recipients and options.transfer_class != "sealed":
        raise UsageError("no_recipients", text("no_recipients"), text("no_recipients_hint"))
    named = {
        "title": options.title,
        "message": options.message,
        "max_downloads": options.max_downloads,
        "hold_minutes": options.hold,
        "proof": options.proof,
        "expires_in_minutes": minutes_of(options.expires) if options.expires else None,
    }
    fields: dict[str, Any] = {"recipients": recipients, "source": "cli"}
    return {**fields, **{name: value for name, value in named.items() if value is not None}}


def _as_guest(options: Namespace) -> Guest:
    guest, _ = as_guest(options, parse_link(options.request))
    if not guest.subject.startswith("rq_"):
        raise UsageError("not_a_request", text("not_a_request"), text("not_a_request_hint"))
    return guest


def _report(sent: Sent, count: int, total: int, options: Namespace) -> dict[str, Any]:
    transfer = sent.transfer
    if sent.earlier:
        tell(text("sent_earlier"))
    elif sent.resumed:
        tell(text("resumed", left=readable_size(sent.sent_bytes)))
    tell(text("sent", count=count, size=readable_size(total), expires=transfer["expires_at"]))
    if sent.link_key is not None and not options.request:
        tell(text("sealed_sent", id=transfer["id"]))
    if options.request:
        tell(text("receipt_later", id=transfer["id"]))
    print_id = {"id": transfer["id"], "state": transfer["state"], "expires_at": transfer["expires_at"]}
    return {**print_id, "files": count, "bytes": total, "resumed": sent.resumed, "link_key": sent.link_key}
