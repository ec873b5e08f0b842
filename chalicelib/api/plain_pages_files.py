"""The list of a plain link's files, without script, and the way to each of them. Part of the transfers service."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalice.app import Response

from chalicelib.api.acting import act_by_token
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.plain_html import anchor, listing
from chalicelib.api.plain_request import VISIT, Asked, plain_page
from chalicelib.domain.errors import Refused
from chalicelib.domain.mails import readable_size
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.domain.principal import Principal

_A_PAGE = 100


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the pages to the transfers service."""

    @plain_page(app, "/p/{token}/files", "GET")
    def plain_files(asked: Asked) -> Response:
        ctx = act_by_token(context, asked.token)
        who = _visitor(ctx, asked)
        return asked.redirect(asked.address()) if who is None else _files(ctx, asked, who)

    @plain_page(app, "/p/{token}/files/{file}", "GET")
    def plain_file(asked: Asked) -> Response:
        # A download is counted here, so nothing but a person's own click may come through: no look ahead, and no HEAD.
        early = "prefetch" in (asked.request.headers.get("sec-purpose", "") + asked.request.headers.get("purpose", ""))
        if asked.request.method != "GET" or early:
            raise Refused("method_not_allowed", "A file is fetched by a click.")
        ctx = act_by_token(context, asked.token)
        who = _visitor(ctx, asked)
        return asked.redirect(asked.address()) if who is None else _file(ctx, asked, who)


def _visitor(ctx: Context, asked: Asked) -> "Principal | None":
    from chalicelib.use_cases.guests.plain_visit import open_plain_link, visitor_of

    plain = open_plain_link(ctx, asked.token)
    asked.default_language = "ja" if plain.link.language == "ja" else "en"
    return visitor_of(ctx, plain.link, asked.cookie(VISIT))


def _files(ctx: Context, asked: Asked, who: "Principal") -> Response:
    from chalicelib.use_cases.sending.show_files import show_files
    from fumibako_format.names import display_name

    cursor = asked.query.get("cursor")
    page = show_files(ctx, who, who.link_subject or "", cursor=cursor, limit=_A_PAGE)
    items = []
    for one in page.files:
        name = display_name(one.name or one.id)
        label = asked.words["download"].format(name=name)
        items.append(anchor(asked.address(f"/files/{one.id}"), label, after=readable_size(one.size or 0)))
    blocks = [listing(items)]
    if page.cursor is not None:
        blocks.append(f"<nav>{anchor(asked.address('/files', cursor=page.cursor), asked.words['more'])}</nav>")
    return asked.page(asked.words["files"], *blocks)


def _file(ctx: Context, asked: Asked, who: "Principal") -> Response:
    from chalicelib.use_cases.receiving.issue_fetch_address import issue_fetch_address
    from chalicelib.use_cases.receiving.start_download import StartDownload, start_download

    transfer, file = who.link_subject or "", asked.path["file"]
    begun = start_download(ctx, who, StartDownload(transfer, (file,), asked.source_ip or None))
    issued = issue_fetch_address(ctx, who, transfer=transfer, session=begun.session, files=(file,))
    return asked.redirect(issued.url)
