"""A guest proves who they are and gets a session of their own, bound to link, recipient and the browser that asked."""

import hmac
from dataclasses import dataclass, replace

from chalicelib.domain.attempts import FREE_OF_PASSPHRASE
from chalicelib.domain.challenge import Challenge, code_spent, code_wrong, require_valid, tried
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.events import Event
from chalicelib.domain.link import Link
from chalicelib.stores.challenge_store import answered, get_book, get_challenge, put_challenge, put_refusal
from chalicelib.stores.link_store import token_hash
from chalicelib.use_cases.accounts.count_attempt import count_attempt, forget_attempts
from chalicelib.use_cases.context import Context
from chalicelib.use_cases.events_out import make_event
from chalicelib.use_cases.guarded import until_written
from chalicelib.use_cases.guests.guest_proof import proof_matches
from chalicelib.use_cases.guests.guest_session import Proved, Verified, begin_guest
from chalicelib.use_cases.guests.issue_challenge import secret_hash
from chalicelib.use_cases.guests.link_subject import Subject, open_link


@dataclass(frozen=True)
class VerifyLink:
    """``challenge`` and ``code`` for proof code, ``passphrase_auth`` (base64url) for proof passphrase, neither for link-only."""

    token: str
    challenge: str | None
    code: str | None
    passphrase_auth: str | None
    network: str


def verify_link(ctx: Context, command: VerifyLink) -> Verified:
    """Raises NotFound, Refused("gone"), "code_wrong", "code_spent", "passphrase_wrong", "proof_needed" or "too_many_attempts"."""
    link, subject = open_link(ctx, command.token)
    try:
        proved = _prove(ctx, link, command)
    except Refused as refused:
        # Only tries that were counted become events: there are five of them, however often a spent code is sent.
        if refused.code in ("code_wrong", "passphrase_wrong"):
            event = _refused(ctx, link, subject, refused.code, command.network)
            ctx.records.transact([put_refusal(link.tenant, link.id, at=ctx.clock.now_ms())], [event])
        raise
    return begin_guest(ctx, link, token_hash(command.token), subject, proved, network=command.network)


def _prove(ctx: Context, link: Link, command: VerifyLink) -> Proved:
    if link.proof == "code":
        return _by_code(ctx, link, command)
    if link.proof == "passphrase":
        _by_passphrase(ctx, link, command)
    return Proved(link.recipient or ctx.ids.new("rc"), link.address, link.proof)


def _by_code(ctx: Context, link: Link, command: VerifyLink) -> Proved:
    """Counts the try by a guarded write, then compares.

    five guesses at once:  each: read n tries - put n + 1 (guarded) - compare; who loses the write reads again,
                           and from the sixth on the answer is "spent" although nothing was compared.
    """
    if command.challenge is None or command.code is None:
        raise Refused("proof_needed", "This link asks for a code: ask for one, then send challenge and code.")
    challenge_id, _, secret = command.challenge.partition(".")

    def attempt() -> Challenge:
        challenge = _challenge(ctx, link, challenge_id)
        if not hmac.compare_digest(secret_hash(secret), challenge.secret_hash):
            raise code_spent()  # another browser's challenge answers like none, and costs its owner no try
        require_valid(challenge, get_book(ctx.records, link.tenant, link.id), ctx.clock.now_ms())
        ctx.records.transact([put_challenge(tried(challenge))])
        return replace(tried(challenge), version=challenge.version + 1)

    challenge = until_written(attempt)
    if not proof_matches(ctx, command.code.strip(), challenge.code_hash):
        raise code_wrong(challenge)
    return Proved(challenge.recipient, challenge.address, "code", (answered(challenge),))


def _challenge(ctx: Context, link: Link, challenge_id: str) -> Challenge:
    try:
        challenge = get_challenge(ctx.records, link.tenant, challenge_id)
    except NotFound:
        raise code_spent() from None
    if challenge.link != link.id:
        raise code_spent()
    return challenge


def _by_passphrase(ctx: Context, link: Link, command: VerifyLink) -> None:
    if command.passphrase_auth is None or link.passphrase_auth_hash is None:
        raise Refused("proof_needed", "This link asks for a passphrase.")
    counter = f"link#{link.id}"
    count_attempt(ctx, link.tenant, counter, free=FREE_OF_PASSPHRASE)
    if not proof_matches(ctx, command.passphrase_auth, link.passphrase_auth_hash):
        raise Refused("passphrase_wrong", "This is not the passphrase.")
    forget_attempts(ctx, link.tenant, counter)


def _refused(ctx: Context, link: Link, subject: Subject, code: str, network: str) -> Event:
    return make_event(
        ctx,
        type="guest.refused.v1",
        tenant=link.tenant,
        subject=link.subject,
        sequence=subject.sequence,
        actor=link.recipient or "system",
        data={"link": link.id, "code": code},
        personal={"network": network},
    )
