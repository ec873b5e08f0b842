"""Routes of guests before they have a session: look, challenge, verify, ask for more time."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable
from typing import TYPE_CHECKING

from chalicelib.api.acting import act_by_token
from chalicelib.api.auth_types import (
    AskChallenge,
    AskToAdd,
    ChallengeAnswer,
    GuestTokens,
    LinkLook,
    LinkPartner,
    LinkSender,
    LinkToken,
    VerifyLinkBody,
)
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.cookies import guest_cookie_header
from chalicelib.api.describe import Call, Reply, route
from chalicelib.api.wire import to_time
from chalicelib.domain.link import slots_before_proof
from chalicelib.domain.networks import network_of
from chalicelib.stores.tenant_store import get_tenant
from chalicelib.use_cases.context import Context

if TYPE_CHECKING:
    from chalicelib.use_cases.guests.look_link import Look


_GONE = ("not_found", "gone")


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes; all of them are open, the token in the body is what they stand on."""
    _register_before_proof(app, context)
    _register_proof(app, context)
    _register_wishes(app, context)


def _register_before_proof(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/links/look",
        "POST",
        request=LinkToken,
        responses={200: LinkLook},
        open=True,
        summary="What a link leads to, before any proof",
        problems=_GONE,
    )
    def look(call: Call[LinkToken]) -> Reply:
        from chalicelib.use_cases.guests.look_link import look_link

        return Reply(_look(look_link(act_by_token(context, call.body.token), call.body.token)))

    @route(
        app,
        "/v1/links/challenge",
        "POST",
        request=AskChallenge,
        responses={200: ChallengeAnswer},
        open=True,
        summary="Mail a one-time code",
        problems=(
            *_GONE,
            "proof_other",
            "address_needed",
            "address_invalid",
            "address_not_allowed",
            "too_many_challenges",
            "conflict",
        ),
    )
    def challenge(call: Call[AskChallenge]) -> Reply:
        from chalicelib.use_cases.guests.issue_challenge import issue_challenge

        ctx, network = act_by_token(context, call.body.token), network_of(call.source_ip)
        issued = issue_challenge(ctx, token=call.body.token, address=call.body.address, network=network)
        return Reply(
            ChallengeAnswer(
                challenge=issued.challenge,
                address_hint=issued.address_hint,
                expires_at=to_time(issued.expires_at),
            )
        )


def _register_proof(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/links/verify",
        "POST",
        request=VerifyLinkBody,
        responses={200: GuestTokens},
        open=True,
        summary="Prove who you are and get a guest session",
        problems=(
            *_GONE,
            "proof_needed",
            "code_wrong",
            "code_spent",
            "passphrase_wrong",
            "too_many_attempts",
            "conflict",
        ),
    )
    def verify(call: Call[VerifyLinkBody]) -> Reply:
        from chalicelib.use_cases.guests.verify_link import VerifyLink, verify_link

        body = call.body
        command = VerifyLink(body.token, body.challenge, body.code, body.passphrase_auth, network_of(call.source_ip))
        ctx = act_by_token(context, body.token)
        verified = verify_link(ctx, command)
        answer = GuestTokens(
            access_token=verified.tokens.access_token,
            token_type="Bearer",  # noqa: S106  RFC 6750's word, no secret
            expires_in=verified.tokens.expires_in,
            subject=verified.subject,
            recipient=verified.recipient,
        )
        if body.client == "page":
            tenant = get_tenant(ctx.records, verified.tokens.session.tenant)
            return Reply(answer, headers=guest_cookie_header(verified.tokens, tenant, body.token))
        answer.refresh_token = verified.tokens.refresh_token
        return Reply(answer)


def _register_wishes(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        "/v1/links/more-time",
        "POST",
        request=LinkToken,
        responses={202: None},
        open=True,
        summary="Ask the sender for more time",
        problems=_GONE,
    )
    def more_time(call: Call[LinkToken]) -> Reply:
        from chalicelib.use_cases.guests.ask_more_time import ask_more_time

        ask_more_time(act_by_token(context, call.body.token), call.body.token)
        return Reply(status=202)

    @route(
        app,
        "/v1/links/add-me",
        "POST",
        request=AskToAdd,
        responses={202: None},
        open=True,
        summary="Ask the sender to be added",
        problems=(*_GONE, "address_invalid"),
    )
    def add_me(call: Call[AskToAdd]) -> Reply:
        from chalicelib.use_cases.guests.ask_to_add import ask_to_add

        ctx = act_by_token(context, call.body.token)
        ask_to_add(ctx, call.body.token, call.body.address, network=network_of(call.source_ip))
        return Reply(status=202)


def _look(seen: "Look") -> LinkLook:
    subject, link = seen.subject, seen.link
    return LinkLook(
        kind=link.kind,
        sender=LinkSender(name=subject.sender_name, company=subject.company),
        klass=subject.transfer_class,
        files=subject.files,
        bytes=subject.bytes,
        expires_at=to_time(subject.expires_at),
        proof=link.proof,
        state=subject.state,
        language=link.language,
        title=subject.title or None,
        message=subject.message or None,
        address_hint=seen.hint,
        domains=list(link.domains) or None,
        slots=list(slots_before_proof(subject.slots)) or None,
        scan=subject.scan,
        max_files=subject.max_files,
        max_bytes=subject.max_bytes,
        sso=LinkPartner(name=seen.partner.name, required=seen.partner.required) if seen.partner else None,
    )
