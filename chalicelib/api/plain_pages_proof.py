"""The first pages of a plain link, without script: who sent what, the human step, the mailed code. Part of the auth service."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.api.acting import act_by_token
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.plain_html import anchor, button, code_field, paragraph, quoted, trouble
from chalicelib.api.plain_request import CHALLENGE, VISIT, Asked, link_cookie, plain_page
from chalicelib.api.problem_catalogue import CATALOGUE
from chalicelib.catalogue import catalogue
from chalicelib.domain.errors import Refused
from chalicelib.domain.mails import readable_size, readable_time
from chalicelib.domain.networks import network_of
from chalicelib.domain.timestamps import rfc3339
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.domain.tenant import Tenant
    from chalicelib.use_cases.guests.plain_visit import PlainLink

_CODE_SECONDS = 600
_TRY_AGAIN = ("code_wrong", "proof_needed")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the pages to the auth service."""

    @plain_page(app, "/p/{token}", "GET")
    def plain_first(asked: Asked) -> Response:
        plain = _opened(act_by_token(context, asked.token), asked)
        return asked.page(_title(asked, plain), *_letter(asked, plain), *_human_step(asked, plain))

    @plain_page(app, "/p/{token}", "POST")
    def plain_step(asked: Asked) -> Response:
        return _step(act_by_token(context, asked.token), asked)


def _opened(ctx: Context, asked: Asked) -> "PlainLink":
    from chalicelib.use_cases.guests.plain_visit import open_plain_link

    plain = open_plain_link(ctx, asked.token)
    asked.default_language = "ja" if plain.link.language == "ja" else "en"
    return plain


def _step(ctx: Context, asked: Asked) -> Response:
    """The human step: whoever has proved themselves already goes on; a link without a proof opens; a code is mailed, or compared."""
    from chalicelib.stores.tenant_store import get_tenant
    from chalicelib.use_cases.guests.plain_visit import visitor_of

    plain = _opened(ctx, asked)
    tenant = get_tenant(ctx.records, plain.link.tenant)
    asked.require_same_origin(tenant)
    if "more_time" in asked.form:
        return _ask_more_time(ctx, asked, plain)
    if visitor_of(ctx, plain.link, asked.cookie(VISIT)) is not None:
        return asked.redirect(asked.address("/files"))
    if plain.link.proof == "code" and "code" not in asked.form:
        return _mail_code(ctx, asked, plain, tenant)
    try:
        return _prove(ctx, asked, tenant)
    except Refused as refused:
        if plain.link.proof != "code" or refused.code not in _TRY_AGAIN:
            raise
        return _code_page(asked, plain, refused=refused)


def _ask_more_time(ctx: Context, asked: Asked, plain: "PlainLink") -> Response:
    from chalicelib.use_cases.guests.ask_more_time import ask_more_time

    ask_more_time(ctx, asked.token)
    said = paragraph(asked.words["more_time_asked"])
    return asked.page(_title(asked, plain), said, f"<nav>{anchor(asked.address(), asked.words['back'])}</nav>")


def _mail_code(ctx: Context, asked: Asked, plain: "PlainLink", tenant: "Tenant") -> Response:
    from chalicelib.use_cases.guests.issue_challenge import issue_challenge

    issued = issue_challenge(ctx, token=asked.token, address=None, network=network_of(asked.source_ip))
    kept = link_cookie(asked, tenant, CHALLENGE, issued.challenge, seconds=_CODE_SECONDS)
    return _code_page(asked, plain, cookies=(kept,))


def _prove(ctx: Context, asked: Asked, tenant: "Tenant") -> Response:
    from chalicelib.use_cases.guests.verify_link import VerifyLink, verify_link

    code = "".join(str(int(c)) for c in asked.form.get("code", "")[:40] if c.isdecimal())
    challenge = asked.cookie(CHALLENGE)
    command = VerifyLink(asked.token, challenge or None, code or None, None, network_of(asked.source_ip))
    verified = verify_link(ctx, command)
    cookies = (
        link_cookie(asked, tenant, VISIT, verified.tokens.refresh_token or ""),
        link_cookie(asked, tenant, CHALLENGE, "", seconds=0),
    )
    return asked.redirect(asked.address("/files"), cookies=cookies)


def _code_page(
    asked: Asked, plain: "PlainLink", *, refused: Refused | None = None, cookies: tuple[str, ...] = ()
) -> Response:
    words = asked.words
    blocks = []
    if refused is not None:
        entry = CATALOGUE[refused.code]
        said = (entry.title_ja, entry.hint_ja) if asked.language == "ja" else (entry.title, entry.hint)
        blocks.append(trouble(*said))
    blocks += [
        paragraph(words["code_sent"].format(hint=_hint(plain))),
        button(asked.address(), words["code_go"], inside=code_field(words["code_label"])),
        button(asked.address(), words["code_again"]),
    ]
    status = 200 if refused is None else CATALOGUE[refused.code].status
    return asked.page(_title(asked, plain), *blocks, status=status, cookies=cookies)


def _title(asked: Asked, plain: "PlainLink") -> str:
    return asked.words["title"].format(sender=plain.subject.sender_name)


def _letter(asked: Asked, plain: "PlainLink") -> list[str]:
    """Sender, company, what, how much and until when: before anything is asked."""
    subject, words = plain.subject, asked.words
    shared = catalogue(asked.language)["words"]
    what = shared["files_one"] if subject.files == 1 else shared["files_many"].format(count=f"{subject.files:,}")
    values = {
        "sender": subject.sender_name,
        "company": subject.company,
        "what": what,
        "size": readable_size(subject.bytes),
        "until": readable_time(rfc3339(subject.expires_at), asked.language),
    }
    return [
        paragraph(words["lead"].format(**values)),
        paragraph(shared["title_line"].format(title=subject.title) if subject.title else ""),
        quoted(subject.message),
        paragraph(words["until"].format(**values)),
        paragraph(shared.get(f"scan_{subject.scan}", "")),
        paragraph(words["unknown"]),
    ]


def _human_step(asked: Asked, plain: "PlainLink") -> list[str]:
    words = asked.words
    full = f"<nav>{anchor('/l#' + asked.token, words['full_page'])}</nav>"
    full += button(asked.address(), words["more_time"], fields={"more_time": "1"})
    if plain.link.proof == "passphrase":
        return [paragraph(words["passphrase"]), full]
    if plain.link.proof == "code":
        why = paragraph(words["code_why"].format(hint=_hint(plain)))
        return [why, button(asked.address(), words["code_send"]), full]
    return [button(asked.address(), words["show"]), full]


def _hint(plain: "PlainLink") -> str:
    from chalicelib.domain.link import address_hint

    return address_hint(plain.link.address) if plain.link.address else ""
