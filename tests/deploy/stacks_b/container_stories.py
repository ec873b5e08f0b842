"""What the containers use of an account, recorded while the runtime's own parts do their work; `python -m tests.deploy.stacks_b.container_stories` writes
deploy/policies/containers anew from it.
"""

import contextlib
import io
import json
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import boto3
from filelock import FileLock

from chalicelib.adapters.sns_provision import provision
from chalicelib.adapters.system_clock import SystemClock
from chalicelib.api.throttle import throttle_address
from chalicelib.bootstrap import LazyContext
from chalicelib.domain.events import CONSUMERS, SCANS
from chalicelib.ports.event_bus import MAX_ATTEMPTS
from chalicelib.ports.record_store import Key
from chalicelib.settings import Role
from chalicelib.use_cases.receiving.fetch_stream import fetched
from chalicelib.use_cases.receiving.kept_checksums import KeptChecksums
from chalicelib.use_cases.receiving.note_fetch import fetch_answered, fetch_began
from chalicelib.use_cases.receiving.open_fetch import open_fetch, require_fetch_open
from deploy.stacks.container_rights import POLICIES
from deploy.stacks.messaging import SCANNED
from onprem.runtime.host import Host
from onprem.runtime.metrics import Metrics
from onprem.runtime.worker import Worker
from tests.contract.aws_world import REGION
from tests.deploy.packaging.aws_install import PREFIX, AWSInstall, aws_install
from tests.deploy.packaging.iam_actions import Grant
from tests.deploy.packaging.rights import without_keys
from tests.deploy.packaging.write_policies import statements
from tests.fakes.scanner import FakeScanner
from tests.service.auth.office import service_app
from tests.service.support import parcel
from tests.service.support.cast import SOTO, Cast, assembled

Used = Mapping[str, set[Grant]]
WHO = "containers"
MINUTE = 60_000


def used_by_containers(path: Path) -> Used:
    """Container -> rights, told anew where ``path`` is not there."""
    with FileLock(f"{path}.lock", timeout=600):
        if not path.exists():
            path.write_text(json.dumps(_told()), "utf-8")
    found: dict[str, list[list[str]]] = json.loads(path.read_text("utf-8"))
    return {name: {Grant(*one) for one in grants} for name, grants in found.items()}


def _told() -> dict[str, list[tuple[str, ...]]]:
    with (
        tempfile.TemporaryDirectory() as folder,
        aws_install(Path(folder)) as install,
        contextlib.redirect_stdout(io.StringIO()),
    ):
        scanning(install, cast := checked(install))
        downloading(install, cast)
        used = install.recorder.used
        return {name: sorted(map(astuple, without_keys(used[WHO, name]))) for name in ("downloads", "scanner")}


def context_of(install: AWSInstall, role: Role) -> LazyContext:
    """The ports of one container."""
    made = LazyContext(replace(install.settings, roles=(role,), scanner="clamd", scanner_reason=""))
    made.clock = SystemClock(made.records, source=install.host_ms)
    made.scanner = FakeScanner()
    if role == "scan":
        # moto waits as long as SQS would for a message that does not come.
        with install.recorder.by(WHO, "scanner"):
            made.bus._queues[SCANS]._wait_seconds = 0  # type: ignore[attr-defined]
    return made


def host_of(made: LazyContext) -> Host:
    return Host(replace(made.settings, threads=1), lambda: made, lambda: None, lambda *_: None, Metrics())


def checked(install: AWSInstall) -> Cast:
    """The cast of tests/service, whose transfers are checked by the container before a function sees them."""
    _scans_queue()
    made = context_of(install, "scan")
    worker = Worker(host_of(made), {"transfers": service_app("transfers", made)}, (SCANS,))

    def settle() -> None:
        while True:
            moved = install._stream()
            with install.recorder.by(WHO, "scanner"):
                while worker.handle_batch(SCANS):
                    moved += 1
            if not moved + sum(map(install._queue, CONSUMERS)):
                return

    install.settle = settle  # type: ignore[method-assign]
    cast = assembled(install)  # type: ignore[arg-type]
    install.tenant("acme", allow_plain=True, requests_per_minute=1_000_000)
    parcel.send(
        install,
        cast.hanako,
        {"plain.txt": b"as it is"},
        recipients=[{"email": SOTO}],
        hold_minutes=0,
        **{"class": "plain"},
    )
    settle()
    assert made.scanner.scanned  # type: ignore[attr-defined]
    return cast


def _scans_queue() -> None:
    """As the stack `messaging` makes it: what waits for the scanner and nothing else comes into it."""
    sns, sqs = (boto3.client(name, region_name=REGION) for name in ("sns", "sqs"))
    topic, _ = provision(sns, sqs, prefix=PREFIX, consumers=(SCANS,))
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    (ours,) = [one["SubscriptionArn"] for one in subscriptions if one["Endpoint"].endswith(f"-{SCANS}")]
    for name, value in (("FilterPolicyScope", "MessageBody"), ("FilterPolicy", json.dumps({"type": [SCANNED]}))):
        sns.set_subscription_attributes(SubscriptionArn=ours, AttributeName=name, AttributeValue=value)


def scanning(install: AWSInstall, cast: Cast) -> None:
    """What a worker does with its queue beside handling: leases that last on, events that come again, and the last try."""
    del cast
    made = context_of(install, "scan")
    queue = boto3.client("sqs", region_name=REGION)
    url = queue.get_queue_url(QueueName=f"{PREFIX}-{SCANS}")["QueueUrl"]
    text = '{"v":1,"id":"ev_1","type":"transfer.completed.v1","tenant":"acme","subject":"tr_1","sequence":1,"at":0,"data":{},"sealed":{}}'
    queue.send_message(QueueUrl=url, MessageBody=text)
    with install.recorder.by(WHO, "scanner"):
        for _ in range(MAX_ATTEMPTS):
            (held,) = made.bus.receive(SCANS, limit=1, lease_ms=60_000)
            kept = made.bus.extend(SCANS, [held.receipt], lease_ms=60_000)
            made.bus.fail(SCANS, kept.get(held.receipt, held.receipt), delay_ms=0)
        assert made.bus.receive(SCANS, limit=1, lease_ms=1_000) == []


def downloading(install: AWSInstall, cast: Cast) -> None:
    """A guest's compatible download, of several files and of one, with everything that the container asks and notes."""
    made = context_of(install, "bytes")
    token, path = cast.tokens["soto"], f"{cast.transfers['ready'].path}/downloads"
    for count in (1, 2):
        # A session of its own each: what is through ends the one before.
        session: dict[str, Any] = install.call("POST", path, {}, token=token).body
        chosen = [file["id"] for file in session["files"]][:count]
        issued = install.call("POST", f"{path}/{session['session']}/addresses", {"files": chosen}, token=token)
        assert issued.status == 201, issued.body
        _opened(install, made, issued.body["url"].rpartition("/")[2])


def _opened(install: AWSInstall, made: LazyContext, token: str) -> None:
    with install.recorder.by(WHO, "downloads"):
        # As /readyz asks.
        made.records.get(Key("clock#", "readiness"))
        made.wrapped_keys.get(Key("clock#", "readiness"))
        assert made.blobs.free_bytes() is None
        throttle_address(made, "203.0.113.9", per_minute=600)
        plan = open_fetch(made, token)
        fetch_began(made, token, network="203.0.113.0/24")
        sent = sum(len(piece) for piece in fetched(made, plan, 0, plan.length, KeptChecksums(crc32=zlib.crc32)))
        assert sent == plan.length
        install.offset += 2 * MINUTE
        require_fetch_open(made, token)
        fetch_answered(made, token, start=0, end=plan.length, length=plan.length)


def main() -> None:
    """Record, then write."""
    with tempfile.TemporaryDirectory() as folder:
        used = used_by_containers(Path(folder) / "rights.json")
    for name, grants in used.items():
        POLICIES.mkdir(parents=True, exist_ok=True)
        document = {"Version": "2012-10-17", "Statement": statements(grants)}
        (POLICIES / f"{name}.json").write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
