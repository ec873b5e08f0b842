"""One batch of the store's change stream: what was not sent makes the stream begin again there.

The answer is Lambda's partial batch response for streams: of several positions it takes the lowest
(https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
"""

import logging
from typing import Any

from chalice.app import DynamoDBEvent

from chalicelib.domain.errors import StoreAway
from chalicelib.ports.outbox_relay import OutboxRelay

_log = logging.getLogger("fumibako.relay")


def relay_batch(batch: DynamoDBEvent, relay: OutboxRelay) -> dict[str, Any]:
    """Hand the records to the relay; gives the positions that must come again."""
    records = batch.to_dict()["Records"]
    try:
        left = relay.relay(records)
    except StoreAway as away:
        # Not an error of the function: the stream keeps the batch, and asks again.
        _log.warning("outbox rows not sent", extra={"code": away.code, "count": len(records)})
        left = [str(records[0]["dynamodb"]["SequenceNumber"])]
    return {"batchItemFailures": [{"itemIdentifier": position} for position in left]}
