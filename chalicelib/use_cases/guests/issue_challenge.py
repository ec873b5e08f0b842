"""A one-time code for a guest: made, hashed, and mailed by way of an event that only notifications can open."""

import hashlib
from dataclasses import dataclass

from chalicelib.domain.challenge import LIFE_MS, Challenge, entered
from chalicelib.domain.errors import Refused
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link, address_for, address_hint
from chalicelib.domain.recipients import address_hash, checked_address
from chalicelib.stores.challenge_store import get_book, put_book, put_challenge
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.guests.guest_proof import hash_proof, new_code
from chalicelib.use_cases.guests.link_subject import Subject, open_link
from chalicelib.use_cases.guests.partner_of_link import partner_for
from fumibako_format import base64url

SECRET_BYTES = 16


@dataclass(frozen=True)
class Issued:
    """``challenge`` is the id and a secret of the asking browser, ``ch_... . <128 bits>``: without it the right code is worth nothing."""

    challenge: str
    address_hint: str
    expires_at: int


def issue_challenge(ctx: Context, *, token: str, address: str | None, network: str) -> Issued:
    """Raises NotFound, Refused("gone"), "proof_other", "address_needed", "address_not_allowed" or "too_many_challenges".

    two clicks:  A: read book v3 - put book v4 + challenge a + event
                 B: read book v3 -------- Conflict - read v4 - put v5 + challenge b + event; both codes are valid
    """
    link, subject = open_link(ctx, token)
    if link.proof != "code":
        raise Refused("proof_other", "This link asks for no code.")
    partner = partner_for(ctx, link)
    if partner is not None and partner.required:
        raise Refused("proof_other", f"This link asks for a sign-in at {partner.name}.")
    to = address_for(link, None if address is None else checked_address(address))
    code, secret = new_code(ctx), base64url.encode(ctx.ids.random(SECRET_BYTES))
    code_hash = hash_proof(ctx, code)

    def attempt() -> Challenge:
        return _write(ctx, link, subject, _Asked(to, code, code_hash, secret, network))

    challenge = until_written(attempt)
    return Issued(f"{challenge.id}.{secret}", address_hint(to), challenge.expires_at)


@dataclass(frozen=True)
class _Asked:
    address: str
    code: str
    code_hash: str
    secret: str
    network: str


def _write(ctx: Context, link: Link, subject: Subject, asked: _Asked) -> Challenge:
    now = ctx.clock.now_ms()
    hashed = address_hash(asked.address)
    challenge_id = ctx.ids.new("ch")
    recipient = link.recipient or ctx.ids.new("rc")
    book = get_book(ctx.records, link.tenant, link.id)
    book = entered(book, address_hash=hashed, challenge=challenge_id, recipient=recipient, now=now)
    challenge = Challenge(
        id=challenge_id,
        tenant=link.tenant,
        link=link.id,
        recipient=book.rows[hashed].recipient,
        address=asked.address,
        address_hash=hashed,
        secret_hash=secret_hash(asked.secret),
        code_hash=asked.code_hash,
        expires_at=now + LIFE_MS,
    )
    operations = [put_book(link.tenant, link.id, book), put_challenge(challenge)]
    ctx.records.transact(operations, [_event(ctx, link, subject, challenge, asked)])
    return challenge


def secret_hash(secret: str) -> str:
    """SHA-256 of the asker's secret: 128 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _event(ctx: Context, link: Link, subject: Subject, challenge: Challenge, asked: _Asked) -> Event:
    return make_event(
        ctx,
        type="challenge.issued.v1",
        tenant=link.tenant,
        subject=link.subject,
        sequence=subject.sequence,
        actor=challenge.recipient,
        data={"challenge": challenge.id, "recipient": challenge.recipient, "link": link.id},
        notify={
            "to": asked.address,
            "name": link.name,
            "language": link.language,
            "code": asked.code,
            "minutes": LIFE_MS // 60_000,
            "sender": {"name": subject.sender_name, "company": subject.company},
        },
        personal={"address": asked.address, "network": asked.network},
    )
