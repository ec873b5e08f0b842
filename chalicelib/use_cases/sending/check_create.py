"""Every check of a request to create a transfer, all problems at once (spec/api.md). Nothing is written here."""

from chalicelib.domain.findings import Findings
from chalicelib.domain.limits import (
    MESSAGE_CHARACTERS,
    TITLE_CHARACTERS,
    checked_downloads,
    checked_hold,
    checked_send_at,
    checked_text,
    expiry_of,
)
from chalicelib.domain.recipients import RecipientEntry
from chalicelib.domain.tenant import Proof, Tenant
from chalicelib.domain.transfer import TransferClass
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.sending.check_files import check_files
from chalicelib.use_cases.sending.check_recipients import check_language, check_recipients
from chalicelib.use_cases.sending.create_command import Checked, CreateTransfer


def check_create(ctx: Context, tenant: Tenant, command: CreateTransfer, *, guest: bool) -> Checked:
    """The command in its final form. ``guest`` tells that a file request is being filled: it names no recipients.

    Raises Refused with every problem in ``errors`` and the code of the first.
    """
    findings = Findings()
    now = ctx.clock.now_ms()
    title, message = _texts(findings, command)
    expires_at = now
    with findings.at("/expires_in_minutes" if command.expires_in_minutes is not None else "/expires_at"):
        expires_at = expiry_of(tenant, now, at=command.expires_at, in_minutes=command.expires_in_minutes)
    send_at = command.send_at
    with findings.at("/send_at"):
        send_at = None if send_at is None else checked_send_at(now, send_at, expires_at)
    hold = tenant.hold_minutes if command.hold_minutes is None else command.hold_minutes
    with findings.at("/hold_minutes"):
        checked_hold(hold)
    with findings.at("/max_downloads"):
        if command.max_downloads is not None:
            checked_downloads(command.max_downloads)
    proof = _proof(findings, tenant, command)
    language = command.language or tenant.language
    files = check_files(findings, command.files, command.transfer_class)
    recipients = _recipients(ctx, findings, command, language, guest=guest)
    findings.require_none()
    return Checked(now, title, message, language, expires_at, hold, send_at, proof, recipients, files)


def _texts(findings: Findings, command: CreateTransfer) -> tuple[str, str]:
    title = message = ""
    with findings.at("/title"):
        title = checked_text(command.title, TITLE_CHARACTERS, lines=False)
    with findings.at("/message"):
        message = checked_text(command.message, MESSAGE_CHARACTERS, lines=True)
    with findings.at("/language"):
        check_language(command.language)
    return title, message


def _proof(findings: Findings, tenant: Tenant, command: CreateTransfer) -> Proof:
    proof = command.proof or tenant.proof
    if command.transfer_class is TransferClass.PLAIN and not tenant.allow_plain:
        findings.add("class_not_allowed", "/class", "Your organisation does not allow the class plain.")
    return proof


def _recipients(
    ctx: Context, findings: Findings, command: CreateTransfer, language: str, *, guest: bool
) -> tuple[RecipientEntry, ...]:
    if guest and command.recipients:
        findings.add("recipients_not_allowed", "/recipients", "Files for a request go to the member who asked.")
        return ()
    return check_recipients(ctx, findings, command.recipients, pointer="/recipients", language=language)
