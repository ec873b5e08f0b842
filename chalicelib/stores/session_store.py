"""Sessions as records: ``<tenant>#session#<id>``; listed by owner under ``<tenant>#sessions#<owner>``; refresh tokens by their hash.

A refresh token's record holds session and generation; old ones stay until the session's end, so that reuse is recognised.
"""

from dataclasses import asdict, fields
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import is_id
from chalicelib.domain.session import Client, Session
from chalicelib.ports.record_store import ABSENT, ANY, Key, Operation, Put, Record, RecordStore
from chalicelib.stores.link_store import token_hash

_FIELDS = frozenset(field.name for field in fields(Session)) - {"version"}
# Kept a day beyond the end, so that a late caller is told "ended" and the list is not torn while it is read.
_KEEP_MS = 24 * 60 * 60_000


def session_key(tenant: str, session: str) -> Key:
    """Where a session stands."""
    return Key(f"{tenant}#session#{session}", "session")


def refresh_key(tenant: str, token: str) -> Key:
    """Where a refresh token stands, by its hash."""
    return Key(f"{tenant}#refresh#{token_hash(token)}", "refresh")


def owner_pk(tenant: str, owner: str) -> str:
    """The list of an owner's sessions."""
    return f"{tenant}#sessions#{owner}"


def new_session(session: Session, refresh_token: str | None) -> list[Operation]:
    """The writes of a new session with its first refresh token (None for sessions that can't be refreshed)."""
    purge = session.expires_at + _KEEP_MS
    operations: list[Operation] = [
        Put(session_key(session.tenant, session.id), _body(session), expect=ABSENT, purge_after=purge),
        Put(Key(owner_pk(session.tenant, session.owner), session.id), {}, expect=ABSENT, purge_after=purge),
    ]
    if refresh_token is not None:
        operations.append(put_refresh(session, refresh_token))
    return operations


def changed_session(session: Session) -> Put:
    """The write of a changed session, guarded by the version that was read."""
    purge = session.expires_at + _KEEP_MS
    return Put(session_key(session.tenant, session.id), _body(session), expect=session.version, purge_after=purge)


def put_refresh(session: Session, token: str) -> Put:
    """The write of the refresh token of the session's present generation."""
    body = {"session": session.id, "generation": session.generation}
    return Put(refresh_key(session.tenant, token), body, expect=ANY, purge_after=session.expires_at + _KEEP_MS)


def find_refresh(records: RecordStore, tenant: str, token: str) -> tuple[str, int] | None:
    """Session id and generation of a refresh token, or None."""
    record = records.get(refresh_key(tenant, token))
    return None if record is None else (record.body["session"], record.body["generation"])


def get_session(records: RecordStore, tenant: str, session: str) -> Session:
    """The session. Raises NotFound."""
    known = is_id(session, "se") or is_id(session, "gs")
    record = records.get(session_key(tenant, session)) if known else None
    if record is None:
        raise NotFound
    return session_of_record(record)


def list_sessions(
    records: RecordStore, tenant: str, owner: str, *, limit: int, cursor: str | None
) -> tuple[list[Session], str | None]:
    """One page of an owner's sessions, newest first; ended ones among them until they are purged."""
    page = records.query(owner_pk(tenant, owner), limit=min(limit, 100), cursor=cursor, reverse=True)
    if not page.records:
        return [], page.cursor
    found = {r.key: r for r in records.get_many([session_key(tenant, r.key.sk) for r in page.records])}
    ordered = [found.get(session_key(tenant, record.key.sk)) for record in page.records]
    return [session_of_record(record) for record in ordered if record], page.cursor


def session_of_record(record: Record) -> Session:
    """The session of its record, with the record's version."""
    body = {name: value for name, value in record.body.items() if name in _FIELDS}
    body |= {"client": Client(body["client"]), "scopes": tuple(body["scopes"])}
    return Session(**body, version=record.version)


def _body(session: Session) -> dict[str, Any]:
    body = asdict(session)
    del body["version"]
    return body | {"client": str(session.client), "scopes": list(session.scopes)}
