"""Events that lie in the outbox because nothing moved them: on hosts the pump always runs, on AWS this is the second chance.

A row stays in the outbox until its consumers' queues hold it, so calling this too often costs nothing but a read.
"""

from typing import Final

from chalicelib.use_cases.context import Context

PUMP: Final = 100
ROUNDS: Final = 100


def resend_unsent(ctx: Context) -> int:
    """Move up to 10,000 waiting events to their queues; gives how many."""
    moved = 0
    for _ in range(ROUNDS):
        now_moved = ctx.bus.pump(PUMP)
        moved += now_moved
        if not now_moved:
            break
    return moved
