"""What one transfer asks for, from a recorded story: lines of a bill for one transfer of a given size that is fetched once."""

import math
from collections.abc import Iterator
from typing import Final

from deploy.cost.durations import COLD_SECONDS, function_seconds, memory_gb
from deploy.cost.lines import EGRESS, GB, Line
from deploy.cost.operations import priced
from deploy.cost.recording import PEOPLE, Recording

# What the page proposes for a transfer; a month has 30 days here.
KEPT_DAYS: Final = 7
_MONTH_DAYS: Final = 30
# Our lines are some 450 bytes an invocation in the box; Lambda's own (start, report) are as JSON twice that, and CloudWatch adds 26 bytes to each.
LOG_BYTES: Final = 2_000
# Stores open their own keys: two for each queue and topic that an event passes, tables and bucket once in five minutes, settings at each cold start. At a few
# transfers an hour nothing of that is shared.
STORE_KEY_REQUESTS: Final = 40
# A person's page: the document, its scripts, styles and fonts, once for the sender and once for the recipient.
PAGE_FILES: Final = 40


def usage(found: Recording, size: int) -> list[Line]:
    """For one transfer of ``size`` bytes. Raises Refused("operation_unpriced")."""
    one = 1 / found.story.transfers
    lines = [*_operations(found, size), *_requests(found), *_functions(found), *_seen(found), *_kept(found, size)]
    return [line.times(one) for line in lines]


def _operations(found: Recording, size: int) -> Iterator[Line]:
    """``people``'s own requests grow with the bytes of the file."""
    factor = size * found.story.transfers / found.story.bytes
    units = {"dynamodb-read-unit": found.units.read, "dynamodb-write-unit": found.units.write}
    for price, quantity in units.items():
        yield Line("records", price.replace("-", " ") + "s", price, quantity)
    for name, count in found.operations.items():
        cost = priced(name)
        if not cost.price or cost.by == "units":
            continue
        theirs = found.of_people(name)
        counted = found.items[name] if cost.by == "items" else count - theirs + math.ceil(theirs * factor)
        yield Line(_GROUPS[name.partition(":")[0]], name, cost.price, counted)
    yield Line("keys", "keys of the stores", "kms-request", STORE_KEY_REQUESTS * found.story.transfers)
    handled = sum(one.records for one in found.invocations.values() if "queue" in one.sources)
    yield Line("events", "messages received and deleted", "sqs-request", 2 * handled)


_GROUPS: Final = {"kms": "keys", "s3": "bytes", "ses": "mails", "sns": "events", "sqs": "events"}


def _requests(found: Recording) -> Iterator[Line]:
    """Through CloudFront and both firewalls to the APIs; the page's files stop at the first firewall."""
    apis, files = found.api_requests.requests, PAGE_FILES * found.story.transfers
    yield Line("requests", "requests to the APIs", "api-request", apis)
    yield Line("requests", "requests through CloudFront", "cloudfront-request", apis + files)
    yield Line("requests", "requests that firewalls judge", "firewall-request", 2 * apis + files)


def _functions(found: Recording) -> Iterator[Line]:
    yield Line("functions", "invocations", "lambda-request", _invocations(found))
    warm = sum(seconds * memory_gb(found, name) for name, seconds in function_seconds(found).items())
    cold = sum(COLD_SECONDS * memory_gb(found, name) for name in found.invocations) * found.story.transfers
    yield Line("functions", "their time", "lambda-gb-second", warm)
    yield Line("functions", "their cold starts", "lambda-gb-second", cold)


def _seen(found: Recording) -> Iterator[Line]:
    yield Line("what is seen", "log", "logs-gb", LOG_BYTES * _invocations(found) / GB)
    # X-Ray takes the first request of each second and a twentieth of the others: at a few transfers an hour that is all of them.
    yield Line("what is seen", "traces", "trace", _invocations(found))


def _kept(found: Recording, size: int) -> Iterator[Line]:
    of_all = found.story.transfers
    yield Line("bytes", f"bytes kept for {KEPT_DAYS} days", "s3-gb-month", of_all * size / GB * KEPT_DAYS / _MONTH_DAYS)
    written = found.bytes["dynamodb:TransactWriteItems"]["in"]
    for what, price in (("records", "dynamodb-gb-month"), ("their recovery points", "dynamodb-recovery-gb-month")):
        yield Line("records", f"{what}, as long as a month", price, written / GB)
    yield Line("records", "their daily backup", "backup-gb-month", written / GB)
    fetched = size * found.story.downloads / of_all
    yield Line(EGRESS, f"bytes fetched by {PEOPLE}", "internet-gb", of_all * fetched / GB)


def _invocations(found: Recording) -> int:
    return sum(one.count for one in found.invocations.values())
