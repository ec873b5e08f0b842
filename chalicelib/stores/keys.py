"""Partition keys of aggregates, and the times that sort keys carry."""

from chalicelib.ports.record_store import ABSENT, Expectation


def aggregate_pk(tenant: str, subject: str) -> str:
    """Where everything of one transfer (tr_) or file request (rq_) lies: ``<tenant>#tr#<id>``."""
    return f"{tenant}#{subject[:2]}#{subject}"


def time_key(at: int, subject: str) -> str:
    """A sort key that orders by time: 13 digits of milliseconds, then the id."""
    return f"{at:013d}#{subject}"


def expectation(version: int) -> Expectation:
    """0 stands for a record that must not be there yet."""
    return ABSENT if version == 0 else version
