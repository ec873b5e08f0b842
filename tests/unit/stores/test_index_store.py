"""Several lists read as one: every line once, newest first, whatever the pages cut."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ports.record_store import Key
from chalicelib.stores.index_store import Listed, cursor_of, index_put, newest, place_of
from tests.fakes.record_store import FakeRecordStore

LINES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=40)


def subject(number: int) -> str:
    return f"tr_{number:026d}"


@given(LINES, LINES, st.integers(1, 9), st.none() | st.integers(0, 60), st.none() | st.integers(0, 60))
def test_lists_are_merged_page_by_page(
    some: list[tuple[int, int]], others: list[tuple[int, int]], limit: int, since: int | None, until: int | None
) -> None:
    records = FakeRecordStore()
    for pk, lines in (("acme#a", some), ("acme#b", others)):
        puts = {put.key: put for at, number in lines for put in [index_put(pk, at, subject(number))]}
        for put in puts.values():
            records.transact([put])
    seen: list[Listed] = []
    before = None if until is None else f"{until:013d}"
    more = True
    while more:
        lines_, more = newest(records, ["acme#a", "acme#b"], limit=limit, before=before, since=since)
        assert len(lines_) <= limit
        assert lines_ or not more
        seen += lines_
        before = place_of(cursor_of(lines_[-1].place)) if lines_ else before
    wanted = {
        (at, subject(n))
        for at, n in (*some, *others)
        if (since is None or at >= since) and (until is None or at < until)
    }
    assert [(one.created_at, one.id) for one in seen] == sorted(wanted, reverse=True)
    for one in seen:
        assert one.lists == {pk for pk in ("acme#a", "acme#b") if Key(pk, one.place) in records.rows}
