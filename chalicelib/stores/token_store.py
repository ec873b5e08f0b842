"""Personal access tokens by their hash (``<tenant>#token#<sha256>``), service accounts by id, and assertions that were used.

Lists by owner hold the id and the hash that finds the token.
"""

from dataclasses import asdict, fields
from typing import Any, TypeVar

from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import checked_id
from chalicelib.domain.token import PersonalToken, ServiceAccount
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Operation, Put, Record, RecordStore
from chalicelib.stores.link_store import token_hash

_KEEP_MS = 24 * 60 * 60_000
T = TypeVar("T", PersonalToken, ServiceAccount)


def personal_key(tenant: str, sha256: str) -> Key:
    """Where a personal token stands."""
    return Key(f"{tenant}#token#{sha256}", "token")


def service_key(tenant: str, account: str) -> Key:
    """Where a service account stands."""
    return Key(f"{tenant}#service#{account}", "service")


def new_personal_token(token: PersonalToken, bearer: str) -> list[Operation]:
    """The writes of a new personal token."""
    sha256, purge = token_hash(bearer), token.expires_at + _KEEP_MS
    listed = Key(f"{token.tenant}#tokens#{token.member}", token.id)
    return [
        Put(personal_key(token.tenant, sha256), _body(token), expect=ABSENT, purge_after=purge),
        Put(listed, {"hash": sha256}, expect=ABSENT, purge_after=purge),
    ]


def used_personal_token(token: PersonalToken, sha256: str) -> Put:
    """The write of its last use."""
    key = personal_key(token.tenant, sha256)
    return Put(key, _body(token), expect=token.version, purge_after=token.expires_at + _KEEP_MS)


def find_personal_token(records: RecordStore, tenant: str, bearer: str) -> PersonalToken | None:
    """The token of a bearer value, or None."""
    record = records.get(personal_key(tenant, token_hash(bearer)))
    return None if record is None else _read(record, PersonalToken)


def personal_token_by_id(records: RecordStore, tenant: str, member: str, token: str) -> PersonalToken | None:
    """A member's token by its id, None once it was revoked."""
    listed = records.get(Key(f"{tenant}#tokens#{member}", token))
    record = None if listed is None else records.get(personal_key(tenant, listed.body["hash"]))
    return None if record is None else _read(record, PersonalToken)


def delete_personal_token(records: RecordStore, tenant: str, member: str, token: str) -> list[Operation]:
    """The writes that end a member's own token. Raises NotFound."""
    listed = Key(f"{tenant}#tokens#{member}", checked_id(token, "pt"))
    record = records.get(listed)
    if record is None:
        raise NotFound
    return [Delete(personal_key(tenant, record.body["hash"]), expect=ANY), Delete(listed, expect=record.version)]


def list_personal_tokens(
    records: RecordStore, tenant: str, member: str, *, limit: int, cursor: str | None
) -> tuple[list[PersonalToken], str | None]:
    """One page of a member's tokens in the order of their making."""
    page = records.query(f"{tenant}#tokens#{member}", limit=min(limit, 100), cursor=cursor)
    if not page.records:
        return [], page.cursor
    keys = [personal_key(tenant, record.body["hash"]) for record in page.records]
    found = {record.key: record for record in records.get_many(keys)}
    return [_read(found[key], PersonalToken) for key in keys if key in found], page.cursor


def new_service_account(account: ServiceAccount) -> list[Operation]:
    """The writes of a new service account."""
    return [
        Put(service_key(account.tenant, account.id), _body(account), expect=ABSENT),
        Put(Key(f"{account.tenant}#services", account.id), {}, expect=ABSENT),
    ]


def delete_service_account(account: ServiceAccount) -> list[Operation]:
    """The writes that end it; its sessions end with it, because the authorizer reads the account."""
    return [
        Delete(service_key(account.tenant, account.id), expect=account.version),
        Delete(Key(f"{account.tenant}#services", account.id), expect=ANY),
    ]


def get_service_account(records: RecordStore, tenant: str, account: str) -> ServiceAccount:
    """The account. Raises NotFound."""
    record = records.get(service_key(tenant, checked_id(account, "sa")))
    if record is None:
        raise NotFound
    return service_of_record(record)


def list_service_accounts(
    records: RecordStore, tenant: str, *, limit: int, cursor: str | None
) -> tuple[list[ServiceAccount], str | None]:
    """One page of service accounts in the order of their making."""
    page = records.query(f"{tenant}#services", limit=min(limit, 100), cursor=cursor)
    if not page.records:
        return [], page.cursor
    keys = [service_key(tenant, record.key.sk) for record in page.records]
    found = {record.key: record for record in records.get_many(keys)}
    return [service_of_record(found[key]) for key in keys if key in found], page.cursor


def service_of_record(record: Record) -> ServiceAccount:
    """The account of its record."""
    return _read(record, ServiceAccount)


def assertion_used(tenant: str, jti_hash: str, expires_at: int) -> Put:
    """Written ABSENT when an assertion is taken, so that it is taken once (RFC 7523 3, point 7)."""
    return Put(Key(f"{tenant}#assertion#{jti_hash}", "assertion"), {}, expect=ABSENT, purge_after=expires_at + _KEEP_MS)


def _read(record: Record, kind: type[T]) -> T:
    known = {field.name for field in fields(kind)}
    body: dict[str, Any] = {name: value for name, value in record.body.items() if name in known}
    body |= {"scopes": tuple(body["scopes"]), "networks": tuple(body["networks"])}
    return kind(**body, version=record.version)


def _body(token: PersonalToken | ServiceAccount) -> dict[str, Any]:
    body = asdict(token)
    del body["version"]
    return body | {"scopes": list(token.scopes), "networks": list(token.networks)}
