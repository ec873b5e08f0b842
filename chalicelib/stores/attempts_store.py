"""Counters of failed tries: ``<tenant>#attempts#<kind>#<name>``. Names are hashes: no address and no network in a key."""

from chalicelib.domain.attempts import FORGET_MS, Attempts
from chalicelib.ports.record_store import ANY, Delete, Key, Operation, Put, RecordStore
from chalicelib.stores.keys import expectation


def _key(tenant: str, name: str) -> Key:
    return Key(f"{tenant}#attempts#{name}", "attempts")


def get_attempts(records: RecordStore, tenant: str, name: str) -> Attempts:
    """The counter, at zero before the first failure."""
    record = records.get(_key(tenant, name))
    if record is None:
        return Attempts()
    return Attempts(record.body["failures"], record.body["last_at"], record.version)


def put_attempts(tenant: str, name: str, attempts: Attempts) -> Put:
    """The write of a counter, guarded by its version."""
    body = {"failures": attempts.failures, "last_at": attempts.last_at}
    return Put(_key(tenant, name), body, expect=expectation(attempts.version), purge_after=attempts.last_at + FORGET_MS)


def as_noted(tenant: str, name: str, now: int) -> list[Operation]:
    """Two writes that say nothing: they cost what it costs to note a failure of an account that exists."""
    pk = _key(tenant, name).pk
    return [Put(Key(pk, sk), {}, expect=ANY, purge_after=now + FORGET_MS) for sk in ("noted", "noted-event")]


def clear_attempts(tenant: str, name: str) -> Delete:
    """The write that forgets the failures after a success."""
    return Delete(_key(tenant, name), expect=ANY)
