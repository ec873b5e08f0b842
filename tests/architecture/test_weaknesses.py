"""docs/weaknesses.md: every weakness has its number and what to do, and the figures are those of the code."""

import re
from dataclasses import fields

import pytest

from chalicelib.adapters import clamd_scanner
from chalicelib.adapters.system_clock import REFRESH_MS
from chalicelib.domain import attempts, challenge, download, fetch_address, limits, quota, retention
from chalicelib.domain.tenant import DAY, MINUTE, Tenant
from chalicelib.ports.event_bus import MAX_ATTEMPTS
from chalicelib.settings import Settings
from chalicelib.stores import event_log_store
from chalicelib.use_cases import rate_limit
from chalicelib.use_cases.clearing import check_transfer
from chalicelib.use_cases.ending import erase_traces
from chalicelib.use_cases.reporting import log_run
from chalicelib.use_cases.telling import send_mails
from onprem.runtime import byte_service, byte_watch, check, consumer, fetch_service, http_connection, server
from onprem.runtime.asgi_messages import BODY_SECONDS
from tests.architecture.pages import page

WEAKNESSES = page("docs/weaknesses.md")
PARTS = re.split(r"^## ", WEAKNESSES, flags=re.MULTILINE)[1:]
SECTIONS = {int(part.split(".")[0]): part for part in PARTS}
DEFAULTS = {item.name: item.default for item in fields(Settings)}
OF_TENANTS = {item.name: item.default for item in fields(Tenant)}
MIB = 1024**2

FIGURES = [
    (1, f"{retention.PUT_URL_LIFE // MINUTE} minutes"),
    (1, f"steps of {retention.PUT_URL_STEP // MINUTE} minutes"),
    (1, f"{(retention.PUT_URL_LIFE + retention.PUT_URL_STEP) // MINUTE} minutes later"),
    (3, f"{byte_watch.ASK_SECONDS:.0f} seconds between"),
    (3, f"{byte_watch.UNKNOWN_SECONDS:.0f} seconds until"),
    (4, f"`backup_days`, {OF_TENANTS['backup_days']} unless"),
    (5, f"after {send_mails.STALE_MS // MINUTE} minutes"),
    (6, f"{http_connection.HEAD_SECONDS:.0f} seconds for the head"),
    (6, f"{BODY_SECONDS:.0f} seconds for the body of an API request and without a byte"),
    (6, f"{http_connection.STALL_SECONDS:.0f} seconds for a reader"),
    (6, f"after {server.KEEP_ALIVE_SECONDS} seconds"),
    (7, f"{clamd_scanner.DEFAULT_MAX:,} bytes"),
    (7, f"is `{OF_TENANTS['unscannable']}`"),
    (8, f"lives {challenge.LIFE_MS // MINUTE} minutes"),
    (8, f"10^8 codes {challenge.TRIES} can"),
    (9, f"`proof` at `{OF_TENANTS['proof']}`"),
    (12, f"{limits.TITLE_CHARACTERS} characters of title, {limits.MESSAGE_CHARACTERS:,} of message"),
    (14, f"up to {rate_limit.SLICE} requests"),
    (14, f"after {rate_limit.LEND_MS // 1000} seconds"),
    (14, f"have {quota.SHARDS} shards: up to {quota.SHARDS - 1} creates"),
    (15, f"from {check._CLOCK_SLACK_MS // 1000} seconds"),
    (17, f"{download.IDLE // MINUTE} minutes"),
    (16, f"bursts of {log_run.LONG} and more"),
    (21, f"`FUMIBAKO_THREADS` ({DEFAULTS['threads']})"),
    (22, f"for {OF_TENANTS['abandon_days']} days"),
    (23, f"{DEFAULTS['event_lease_seconds']} seconds"),
    (23, f"kept {consumer.KEEPS} times"),
    (23, f"under {check_transfer.LARGE // MIB} MiB"),
    (23, f"After {MAX_ATTEMPTS} attempts"),
    (26, f"{DEFAULTS['threads']} threads up to {DEFAULTS['threads'] * 19} MiB"),
    (34, f"{event_log_store.SEEN_KEPT // DAY} days after"),
    (27, f"for {erase_traces.LINK_KEPT // DAY} days"),
    (37, f"ends {fetch_address.IDLE // MINUTE} minutes after its last use"),
    (37, f"{fetch_service.MOST_AT_ONCE} such downloads at once"),
    (37, f"the default is `{OF_TENANTS['compatible_downloads']}`"),
]


def test_they_are_counted_through() -> None:
    assert list(SECTIONS) == list(range(1, len(PARTS) + 1))


@pytest.mark.parametrize("number", SECTIONS)
def test_each_has_its_number_and_what_an_operator_can_do(number: int) -> None:
    paragraphs = SECTIONS[number].split("\n\n")
    marked = [paragraph.split(":**")[0] for paragraph in paragraphs if paragraph.startswith("**")]
    assert marked == ["**Number", "**What you can do"]
    assert all(len(paragraph.split(":**")[1].strip()) > 10 for paragraph in paragraphs if paragraph.startswith("**"))


@pytest.mark.parametrize(("number", "figure"), FIGURES)
def test_figures_are_those_of_the_code(number: int, figure: str) -> None:
    assert figure in " ".join(SECTIONS[number].split())


def test_rules_that_stand_behind_the_words() -> None:
    assert byte_service.IDLE_SECONDS == BODY_SECONDS  # 6: one number for both
    assert REFRESH_MS == MINUTE  # 15: the mark is written once a minute
    assert OF_TENANTS["allow_plain"] is False  # 4, 10
    assert attempts.LONGEST_WAIT_MS == 15 * MINUTE
    assert rate_limit._TRIES == 5  # 14: after five lost tries
    assert max(1, 2_400 // 120) == rate_limit.slice_of(2_400) == rate_limit.SLICE  # 14: larger slices above this rate
    # 23: the slowest scan that ends within its lease
    assert check_transfer.LARGE / MIB / DEFAULTS["event_lease_seconds"] == pytest.approx(2, abs=0.2)
