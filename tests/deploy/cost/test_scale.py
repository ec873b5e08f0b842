"""The load model and the key schema that it speaks of: shards are those of the code, quotas are met earlier by whoever asks for more."""

from dataclasses import replace

import msgspec
import pytest

from chalicelib.adapters.dynamodb_items import OUTBOX_SHARDS, outbox_key
from chalicelib.domain.audit import MAX_ENTRIES
from chalicelib.domain.quota import SHARDS as QUOTA_SHARDS
from chalicelib.stores import audit_store, certificate_store, due_store
from chalicelib.use_cases.rate_limit import SLICE
from deploy.cost.load import PEAK, USES, met
from deploy.cost.partitions import FAMILIES, SERIAL, Family
from deploy.cost.quotas import Quota, load_quotas
from deploy.cost.recording import Recording, load_recording
from deploy.cost.scale_page import scale_page
from deploy.cost.scanner_hours import AT_ONCE, SCAN_SECONDS
from deploy.stacks.scanner import STEPS
from deploy.stacks.service_template import REQUESTS_A_SECOND


def family(key: str) -> Family:
    return next(one for one in FAMILIES if one.key == key)


def quota(use: str) -> Quota:
    return next(one for one in load_quotas().quotas if one.use == use)


def test_families_are_spread_as_the_stores_spread_them() -> None:
    shards = {
        "outbox#SHARD": OUTBOX_SHARDS,
        "due#MINUTE#SHARD": due_store.SHARDS,
        "due#certify#SHARD": certificate_store.SHARDS,
        "due#audit#SHARD": audit_store.DUE_SHARDS,
        "due#audit-roots#SHARD": audit_store.DUE_SHARDS,
    }
    assert {key: family(key).spread for key in shards} == shards


def test_families_are_called_as_the_stores_call_them() -> None:
    made = {
        "outbox#SHARD": outbox_key("ev_1").pk,
        "due#MINUTE#SHARD": due_store.due_put(due_store.DueItem("acme", "tr_1", "expire", 0)).key.pk,
        "due#certify#SHARD": certificate_store.waiting_pk(0),
        "due#audit#SHARD": audit_store.due_mark("audit", "acme").key.pk,
        "due#audit-roots#SHARD": audit_store.due_mark("audit-roots", "acme").key.pk,
    }
    for key, pk in made.items():
        fixed = [part for part in key.split("#") if not part.isupper()]
        assert pk.split("#")[: len(fixed)] == fixed, key
        assert len(pk.split("#")) == len(key.split("#")), key


def test_what_the_page_says_of_the_code_is_so() -> None:
    page = scale_page()
    assert f"one write for {SLICE} requests" in page
    assert f"{MAX_ENTRIES} events fit one block" in page
    assert {8: "eight shards of bytes"}[QUOTA_SHARDS] in page
    assert quota("transfers_requests").limit == REQUESTS_A_SECOND
    assert quota("scans").limit == STEPS[-1][1] * AT_ONCE / SCAN_SECONDS


def test_no_partition_of_all_tenants_is_full_at_the_load() -> None:
    peak = 1_000_000 / 86_400 * PEAK
    for one in FAMILIES:
        if one.scope == "install":
            assert one.met_at > peak, one.key


def test_a_partition_with_half_the_shards_is_full_at_half_the_load() -> None:
    one = family("outbox#SHARD")
    assert replace(one, spread=one.spread // 2).met_at == one.met_at / 2
    assert replace(one, reads=one.writes * 30).met_at == pytest.approx(one.met_at / 10)


def test_every_quota_has_a_use_and_every_use_a_quota() -> None:
    assert {one.use for one in load_quotas().quotas} == USES.keys()
    for one in load_quotas().quotas:
        assert one.do, one.name
        assert one.ours or one.page.startswith("https://docs.aws.amazon.com/"), one.name


def changed(found: Recording, **operations: int) -> Recording:
    named = {name.replace("_", ":", 1): count for name, count in operations.items()}
    return msgspec.structs.replace(found, operations={**found.operations, **named})


def test_twice_the_mails_meet_their_quota_at_half_the_day() -> None:
    found = load_recording()
    mails = found.operations["ses:SendEmail"]
    once, twice = (met(quota("mails"), one, 1_000_000) for one in (found, changed(found, ses_SendEmail=2 * mails)))
    assert once.met_at is not None
    assert twice.met_at == once.met_at / 2
    assert twice.at_peak == 2 * once.at_peak == 2_000_000 * mails


def test_a_quota_of_a_moment_is_met_by_the_peak_and_one_of_a_day_by_the_day() -> None:
    found = load_recording()
    of_a_moment, of_a_day = met(quota("api_requests"), found, 86_400), met(quota("mails"), found, 86_400)
    assert of_a_moment.at_peak == pytest.approx(of_a_moment.each * PEAK)
    assert of_a_day.at_peak == pytest.approx(of_a_day.each * 86_400)
    assert met(quota("scans"), found, 86_400).at_peak == pytest.approx(1)


def test_schedules_do_not_grow_with_transfers() -> None:
    found = load_recording()
    one, many = (met(quota("scheduled_runs"), found, count) for count in (1, 10_000_000))
    assert one.at_peak == many.at_peak < 1
    assert many.met_at is None


def test_what_runs_one_after_another_is_named() -> None:
    page = scale_page()
    assert {what for what, *_ in SERIAL} >= {"audit log of one tenant", "sweeper"}
    for what, *_ in SERIAL:
        assert f"| {what} |" in page
