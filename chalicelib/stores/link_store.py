"""Links as records, found by the SHA-256 of their token: ``<tenant>#link#<sha256 hex>``."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import asdict, fields
from typing import Any, Protocol

from chalicelib.domain.errors import NotFound
from chalicelib.domain.link import TOKEN_BYTES, Link, LinkState, split_token
from chalicelib.domain.tenant import Tenant
from chalicelib.domain.transfer_states import TransferClass
from chalicelib.ports.ids import Ids
from chalicelib.ports.record_store import ABSENT, ANY, Delete, Key, Put, RecordStore

_FIELDS = frozenset(field.name for field in fields(Link))


class HasIds(Protocol):
    """Where the random bytes come from; every ``Context`` is one."""

    @property
    def ids(self) -> Ids: ...


def token_hash(token: str) -> str:
    """SHA-256 of a bearer value, in hex: the only form that is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_key(tenant: str, sha256: str) -> Key:
    """Where a link stands."""
    return Key(f"{tenant}#link#{sha256}", "link")


def new_link(ctx: HasIds, link: Link) -> tuple[str, Put]:
    """A fresh token and the write that makes it work. The token is not stored anywhere: whoever must mail it again keeps it sealed."""
    token = f"{link.tenant}.{urlsafe_b64encode(ctx.ids.random(TOKEN_BYTES)).decode().rstrip('=')}"
    return token, put_link(token, link)


def put_link(token: str, link: Link) -> Put:
    """The write of a new link under its token."""
    return Put(link_key(link.tenant, token_hash(token)), _body(link), expect=ABSENT)


def get_link(records: RecordStore, token: str) -> Link:
    """The link of a token. Raises NotFound, for a malformed and an absent one alike."""
    tenant, _ = split_token(token)
    return get_link_by_hash(records, tenant, token_hash(token))


def get_link_by_hash(records: RecordStore, tenant: str, sha256: str) -> Link:
    """The link under its token's hash. Raises NotFound."""
    record = records.get(link_key(tenant, sha256))
    if record is None:
        raise NotFound
    return link_of_body(record.body)


def delete_link(token: str) -> Delete:
    """The write that ends a link for good; repeating it is no error. Raises NotFound for a malformed token."""
    tenant, _ = split_token(token)
    return Delete(link_key(tenant, token_hash(token)), expect=ANY)


def link_url(tenant: Tenant, token: str, transfer_class: TransferClass | None = None) -> str:
    """The address a mail carries: the token stands in the fragment, out of every log.

    That of a plain transfer stands in the path, because it works without script (``/p/<token>``); our own logs never have a path.
    """
    return f"{tenant.base_url}/{'p/' if transfer_class is TransferClass.PLAIN else 'l#'}{token}"


def link_of_body(body: dict[str, Any]) -> Link:
    """The link of its record's body."""
    known = {name: value for name, value in body.items() if name in _FIELDS}
    return Link(**{**known, "domains": tuple(body["domains"]), "state": LinkState(body["state"])})


def _body(link: Link) -> dict[str, Any]:
    return {**asdict(link), "domains": list(link.domains), "state": str(link.state)}
