"""A mailer that keeps no note of what it sent: an event that comes twice is mailed twice."""

import sys

from chalicelib.use_cases.telling import send_mails
from tests.faults import unruly_bus

if __name__ == "__main__":
    send_mails.get_delivery = lambda *_: None  # type: ignore[attr-defined]
    send_mails.delivery_puts = lambda *_: []  # type: ignore[attr-defined]
    sys.exit(unruly_bus.run())
