"""Ask somebody outside for files: a request with one open link, or with a link of its own for each address.

[ head + addresses + open link | first links + list + once + event ] --> further links in batches, each with its mails
A crash between batches: the repeated call (same Idempotency-Key) invites who is left; each recipient's state is written ABSENT once.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from chalicelib.domain.events import Event
from chalicelib.domain.file_request import MAX_DOMAINS, FileRequest
from chalicelib.domain.findings import Findings
from chalicelib.domain.limits import MESSAGE_CHARACTERS, TITLE_CHARACTERS, checked_text, expiry_of
from chalicelib.domain.principal import Principal
from chalicelib.domain.quota import day_of, require_transfers
from chalicelib.domain.recipients import RecipientEntry, checked_domain
from chalicelib.domain.tenant import Proof, Tenant
from chalicelib.domain.timestamps import rfc3339
from chalicelib.domain.transfer import TransferClass
from chalicelib.ports.record_store import Operation
from chalicelib.stores.idempotency_store import Made, Once, made_before, once_puts
from chalicelib.stores.index_store import request_lines
from chalicelib.stores.link_store import link_url, new_link
from chalicelib.stores.quota_store import day_put, get_usage
from chalicelib.stores.recipients_store import recipient_puts
from chalicelib.stores.request_store import get_request, request_put
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.requesting.invite_request import first_invitations, invite_rest, request_link
from chalicelib.use_cases.sending.check_recipients import check_language, check_recipients
from chalicelib.use_cases.sending.create_command import RecipientSpec
from chalicelib.use_cases.sending.senders import sender_of
from fumibako_format import base64url

SEALED_FOR: Final = "request-link"
# Creates of a tenant meet on its quota's counters.
_TRIES: Final = 40


@dataclass(frozen=True)
class CreateRequest:
    """Times in milliseconds; ``domains`` opens a link without address to all addresses of these mail domains."""

    title: str
    message: str = ""
    recipients: tuple[RecipientSpec, ...] = ()
    domains: tuple[str, ...] = ()
    transfer_class: TransferClass = TransferClass.MANAGED
    max_files: int | None = None
    max_bytes: int | None = None
    expires_at: int | None = None
    expires_in_minutes: int | None = None
    proof: Proof | None = None
    language: str | None = None
    once: Once | None = None


@dataclass(frozen=True)
class RequestMade:
    """``url`` is the open link's, None where each address has its own."""

    request: FileRequest
    url: str | None


@dataclass(frozen=True)
class _Draft:
    request: FileRequest
    recipients: tuple[RecipientEntry, ...]


def create_request(ctx: Context, principal: Principal, command: CreateRequest) -> RequestMade:
    """The new file request; the same again for the same Idempotency-Key. Raises Refused with every problem of the command, and
    Refused("quota_exceeded").
    """
    principal.require_member()
    tenant = get_tenant(ctx.records, principal.tenant)
    made = made_before(ctx.records, command.once, ctx.clock.now_ms())
    if made is None:
        made = _make(ctx, tenant, principal, command)
    invite_rest(ctx, tenant, made.resource)
    request = get_request(ctx.records, tenant.id, made.resource)
    return RequestMade(request, open_url(ctx, tenant, request))


def open_url(ctx: Context, tenant: Tenant, request: FileRequest) -> str | None:
    """The address of a request's open link, for its owner; None after closing and where there is none."""
    if request.sealed_token is None:
        return None
    sealed = base64url.decode(request.sealed_token)
    return link_url(tenant, ctx.keys.open(sealed, tenant=tenant.id, purpose=SEALED_FOR, context=request.id).decode())


def _make(ctx: Context, tenant: Tenant, principal: Principal, command: CreateRequest) -> Made:
    draft = _draft(ctx, tenant, principal, command)

    def attempt() -> Made:
        now = ctx.clock.now_ms()
        made = made_before(ctx.records, command.once, now)
        if made is not None:
            return made
        made = Made(draft.request.id)
        operations: list[Operation] = [*recipient_puts(tenant.id, draft.request.id, draft.recipients)]
        operations += request_lines(draft.request)
        operations += once_puts(ctx.records, command.once, made, now)
        operations.append(_counted(ctx, tenant, made, now))
        request = draft.request
        mails: list[dict[str, Any]] = []
        if draft.recipients:
            first = first_invitations(ctx, tenant, request, draft.recipients)
            operations += first.operations
            mails = first.mails
        else:
            request, link = _open_link(ctx, tenant, request)
            operations.append(link)
        ctx.records.transact([request_put(request), *operations], [_event(ctx, request, mails)])
        return made

    return until_written(attempt, tries=_TRIES)


def _counted(ctx: Context, tenant: Tenant, made: Made, now: int) -> Operation:
    """A request mails as many people as a transfer does, so it is one of the day's. Raises Refused("quota_exceeded")."""
    day = day_of(now)
    usage = get_usage(ctx.records, tenant.id, made.resource, day)
    require_transfers(tenant, usage.transfers, now)
    return day_put(tenant.id, made.resource, day, usage, now)


def _open_link(ctx: Context, tenant: Tenant, request: FileRequest) -> tuple[FileRequest, Operation]:
    link = request_link(ctx, request, None)
    token, put = new_link(ctx, link)
    sealed = ctx.keys.seal(token.encode(), tenant=tenant.id, purpose=SEALED_FOR, context=request.id)
    return replace(request, link=link.id, sealed_token=base64url.encode(sealed)), put


def _event(ctx: Context, request: FileRequest, mails: list[dict[str, Any]]) -> Event:
    return make_event(
        ctx,
        type="request.created.v1",
        tenant=request.tenant,
        subject=request.id,
        sequence=request.version + 1,
        actor=request.owner,
        data={
            "recipients": request.recipients,
            "max_files": request.max_files,
            "max_bytes": request.max_bytes,
            "expires_at": rfc3339(request.expires_at),
        },
        notify={"mails": mails} if mails else None,
    )


def _draft(ctx: Context, tenant: Tenant, principal: Principal, command: CreateRequest) -> _Draft:
    """The request after every check, version 0 (not written yet)."""
    findings = Findings()
    now = ctx.clock.now_ms()
    with findings.at("/title"):
        title = checked_text(command.title, TITLE_CHARACTERS, lines=False)
    with findings.at("/message"):
        message = checked_text(command.message, MESSAGE_CHARACTERS, lines=True)
    with findings.at("/expires_in_minutes" if command.expires_in_minutes is not None else "/expires_at"):
        expires_at = expiry_of(tenant, now, at=command.expires_at, in_minutes=command.expires_in_minutes)
    with findings.at("/language"):
        check_language(command.language)
    language = command.language or tenant.language
    recipients = check_recipients(ctx, findings, command.recipients, pointer="/recipients", language=language)
    domains = _domains(findings, command)
    proof = _proof(findings, tenant, command)
    findings.require_none()
    sender = sender_of(ctx, principal)
    request = FileRequest(
        id=ctx.ids.new("rq"),
        tenant=tenant.id,
        version=0,
        owner=principal.id,
        owner_name=sender.name,
        owner_address=sender.address,
        company=tenant.name,
        title=title,
        created_at=now,
        expires_at=expires_at,
        proof=proof,
        language=language,
        transfer_class=command.transfer_class,
        message=message,
        domains=domains,
        max_files=command.max_files,
        max_bytes=command.max_bytes,
        recipients=len(recipients),
    )
    return _Draft(request, recipients)


def _domains(findings: Findings, command: CreateRequest) -> tuple[str, ...]:
    domains = []
    if len(command.domains) > MAX_DOMAINS:
        findings.add("too_many_domains", "/domains", f"At most {MAX_DOMAINS} domains.")
    for n, text in enumerate(command.domains[:MAX_DOMAINS]):
        with findings.at(f"/domains/{n}"):
            domains.append(checked_domain(text))
    if command.domains and command.recipients:
        findings.add("domains_not_allowed", "/domains", "Give addresses or domains, not both.")
    return tuple(dict.fromkeys(domains))


def _proof(findings: Findings, tenant: Tenant, command: CreateRequest) -> Proof:
    """A passphrase has nobody to tell it, and sealed has no key that a guest could seal to (spec/format.md)."""
    proof: Proof = command.proof or ("code" if tenant.proof == "passphrase" else tenant.proof)
    if proof == "passphrase":
        findings.add("proof_not_allowed", "/proof", "A file request asks for a code or for the link alone.")
    if proof == "link" and command.domains:
        findings.add("proof_not_allowed", "/proof", "A request open to domains asks for a code.")
    allowed = command.transfer_class is TransferClass.MANAGED or (
        command.transfer_class is TransferClass.PLAIN and tenant.allow_plain
    )
    if not allowed:
        findings.add(
            "class_not_allowed", "/class", "A file request is managed, or plain where your organisation allows it."
        )
    for name, value in (("max_files", command.max_files), ("max_bytes", command.max_bytes)):
        if value is not None and value < 1:
            findings.add("limit_wrong", f"/{name}", "A limit is 1 or more.")
    return proof
