from chalicelib.ports.record_store import Key, Put
from chalicelib.use_cases.purge_records import BATCH, purge_records
from tests.fakes.context import FakeContext


def test_what_outlived_its_use_goes_from_both_stores_and_the_rest_stays() -> None:
    ctx = FakeContext()
    now = ctx.clock.now_ms()
    for store in (ctx.records, ctx.wrapped_keys):
        for number in range(BATCH + 3):
            store.transact([Put(Key("acme#x", f"{number:05d}"), {}, purge_after=now - 1)])
        store.transact([Put(Key("acme#x", "kept"), {}, purge_after=now + 60_000), Put(Key("acme#x", "for ever"), {})])
    assert purge_records(ctx) == 2 * (BATCH + 3)
    for store in (ctx.records, ctx.wrapped_keys):
        assert [one.key.sk for one in store.query("acme#x").records] == ["for ever", "kept"]
    assert purge_records(ctx) == 0
