"""Reporting over the embedded store and the runtime's own worker and schedules."""

import threading
from pathlib import Path

from chalicelib.stores.event_log_store import get_log_head
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.key_statement import root_fingerprint
from chalicelib.use_cases.reporting.form_blocks import form_blocks
from chalicelib.use_cases.reporting.on_reporting_event import on_reporting_events
from fumibako_format.proofs import verify_audit_chain
from tests.service.support.people import sign_in
from tests.service.support.world import ADMIN, BASE, world


def test_two_workers_and_two_formers_make_one_whole_chain(tmp_path: Path) -> None:
    with world(tmp_path) as made:
        password = made.new_tenant("acme", BASE, ADMIN)
        ctx = made.ctx
        fields = {"tenant": "acme", "subject": "tr_1", "sequence": 1, "actor": "mb_1", "data": {}}
        personal = {"address": "soto@example.com"}
        events = [make_event(ctx, type="request.created.v1", personal=personal, **fields) for _ in range(120)]  # type: ignore[arg-type]
        failed: list[set[str]] = []

        def work(holder: str) -> None:
            for start in range(0, len(events), 20):
                batch = events[start : start + 20]
                while again := on_reporting_events(ctx, batch, holder=holder):
                    batch = [event for event in batch if event.id in again]
                form_blocks(ctx, "acme", holder=holder)
            failed.append(set())

        threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(failed) == 2
        assert get_log_head(ctx.records, "acme").count == 120
        made.settle()
        token = sign_in(made, ADMIN, password)["access_token"]
        made.settle()
        made.scheduled("form_audit_blocks")
        made.scheduled("sign_audit_roots")
        usage = made.call("GET", "/reporting/v1/usage", token=token).body["items"]
        assert [day["requests"] for day in usage] == [120]
        page = made.call("GET", "/reporting/v1/audit/export", token=token).body
        chain = verify_audit_chain(page["blocks"], roots=page["roots"], root_fingerprint=root_fingerprint(ctx))
        ids = [entry["id"] for block in page["blocks"] for entry in block["entries"]]
        assert len(ids) == len(set(ids)) == chain.entries >= 122
        assert {event.id for event in events} <= set(ids)
