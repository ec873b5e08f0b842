"""Hold a stage while its records are put back, and let it go again (deploy/stilling/standstill.py says how)."""

import time
from collections.abc import Callable, Iterator
from typing import Final

from deploy.account import Clients
from deploy.names import hold_parameter
from deploy.stage import Stage
from deploy.stilling.standstill import Note, Standstill
from deploy.stilling.switches import KINDS

# What answers people is let in last, and stopped first.
_OFF: Final = ("requests", "containers", "schedules", "reports", "sources")


class Hold(Standstill):
    """``pause`` waits some seconds while AWS is at a change of the same thing."""

    def __init__(self, clients: Clients, stage: Stage, pause: Callable[[float], None] = time.sleep) -> None:
        kinds = {kind: KINDS[kind](clients, stage) for kind in _OFF}
        super().__init__(clients("ssm"), hold_parameter(stage), kinds, pause)

    def hold(self, *, keep_requests: bool = False) -> Note:
        """Everything off. Repeating it ends what a killed one began. Raises Refused: hold_unreadable, switch_busy, being_released."""
        return self.off([kind for kind in _OFF if not (keep_requests and kind == "requests")])

    def release(self) -> Iterator[str]:
        """Everything as it stood; gives ``kind name`` of what is gone meanwhile. Nothing held is no error. Raises as `hold`."""
        return self.on()
