"""How often a recipient may still fetch each file, told before anything is fetched."""

from collections.abc import Sequence

from chalicelib.domain.download import on_loan
from chalicelib.domain.files import FileEntry
from chalicelib.domain.transfer import Transfer
from chalicelib.stores.download_store import get_counts, get_sessions, page_of
from chalicelib.use_cases.context import Context


def downloads_left(
    ctx: Context, head: Transfer, files: Sequence[FileEntry], *, taker: str, sign_in: str
) -> dict[str, int]:
    """By file id; empty where there is no limit. What this sign-in has begun and not got yet may be fetched once more."""
    limit = head.max_downloads
    if limit is None or not files:
        return {}
    pages = get_counts(ctx.records, head.tenant, head.id, taker, sorted({page_of(one.index) for one in files}))
    counts = {one.id: pages[page_of(one.index)].counts.get(one.index) for one in files}
    by = get_sessions(ctx.records, head.tenant, head.id, {count.session for count in counts.values() if count})
    now = ctx.clock.now_ms()
    left = {}
    for file, count in counts.items():
        rest = limit if count is None else max(0, limit - count.times)
        again = count is not None and on_loan(count, file, by, sign_in=sign_in, now=now)
        left[file] = rest + again
    return left
