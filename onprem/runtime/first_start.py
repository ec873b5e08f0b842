"""``init``: an empty data folder becomes an install with one tenant and its first admin."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from chalicelib.bootstrap import LazyContext
from chalicelib.bootstrap_prepare import prepare
from chalicelib.settings import Settings
from chalicelib.use_cases.accounts.bootstrap_admin import bootstrap_admin
from chalicelib.use_cases.accounts.create_tenant import create_tenant
from chalicelib.use_cases.key_statement import root_fingerprint


@dataclass(frozen=True)
class FirstTenant:
    """What a person decides at the start."""

    id: str
    name: str
    admin_email: str
    admin_name: str
    language: Literal["ja", "en"]


@dataclass(frozen=True)
class Initialised:
    """What ``init`` prints once: the password is stored nowhere, the fingerprint is what receivers of proofs note."""

    tenant: str
    base_url: str
    email: str
    password: str
    root_fingerprint: str


def initialise(ctx: LazyContext, first: FirstTenant) -> Initialised:
    """Folders, keys, schema, tenant, admin. Raises Refused("tenant_exists") or ("bootstrap_done") where it was done before."""
    prepare(ctx)
    settings = ctx.settings
    tenant = create_tenant(
        ctx,
        tenant_id=first.id,
        name=first.name,
        base_url=settings.base_url,
        blob_base_url=settings.blob_base_url or _blob_host(settings),
        sender_address=settings.mail_from or _default_sender(settings.base_url),
        language=first.language,
    )
    password = bootstrap_admin(ctx, tenant, email=first.admin_email, name=first.admin_name)
    return Initialised(tenant.id, tenant.base_url, first.admin_email, password, root_fingerprint(ctx))


def _default_sender(base_url: str) -> str:
    host = urlsplit(base_url).hostname or "localhost"
    # A mail address needs a domain name; an evaluation on a bare address gets one that RFC 2606 keeps free.
    named = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return f"no-reply@{host if named else 'fumibako.example'}"


def _blob_host(settings: Settings) -> str:
    """Where signed URLs point: the store's own host where it has one, else this install."""
    if settings.blobs == "filesystem":
        return settings.base_url
    # The regional host: the global one redirects, and a redirect breaks the signature.
    return settings.s3_endpoint or settings.aws_endpoint or f"https://s3.{settings.aws_region}.amazonaws.com"
