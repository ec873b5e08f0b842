"""Routes of addresses: suggestions from one's own history, forgetting one, what there is to say of domains before sending."""
# ruff: noqa: PLC0415  # a cold start imports what its first request needs, no more

from collections.abc import Callable

from chalicelib.api.addresses_types import (
    AddressAnswer,
    AddressesAnswer,
    CheckAddressesBody,
    DomainAnswer,
    DomainsAnswer,
)
from chalicelib.api.chalice_app import FumibakoApp
from chalicelib.api.describe import Call, Query, Reply, route
from chalicelib.api.wire import to_time
from chalicelib.use_cases.context import Context

_LIST = "/v1/addresses"
_SUGGESTIONS = 50


def register(app: FumibakoApp, context: Callable[[], Context]) -> None:
    """Add the routes to the transfers service."""
    _register_book(app, context)
    _register_check(app, context)


def _register_book(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _LIST,
        "GET",
        responses={200: AddressesAnswer},
        scope="transfers:write",
        summary="Addresses that you sent to",
        query={
            "prefix": Query("What the address, its domain or a word of the name begins with."),
            "limit": Query("How many at most.", kind="integer", low=1, high=_SUGGESTIONS),
        },
        problems=("not_found",),
    )
    def suggest(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.address_book import suggest_addresses

        limit = int(call.query.get("limit", 10))
        found = suggest_addresses(context(), call.principal, call.query.get("prefix", ""), limit=limit)
        items = [
            AddressAnswer(
                id=one.id,
                email=one.entry.email,
                last_used_at=to_time(one.entry.last_used_at),
                name=one.entry.name or None,
            )
            for one in found
        ]
        return Reply(AddressesAnswer(items=items))

    @route(
        app,
        _LIST + "/{address}",
        "DELETE",
        responses={204: None},
        scope="transfers:write",
        summary="Forget an address",
        problems=("not_found",),
    )
    def forget(call: Call[None]) -> Reply:
        from chalicelib.use_cases.sending.address_book import forget_address

        forget_address(context(), call.principal, call.path["address"])
        return Reply(status=204)


def _register_check(app: FumibakoApp, context: Callable[[], Context]) -> None:
    @route(
        app,
        _LIST + "/check",
        "POST",
        request=CheckAddressesBody,
        responses={200: DomainsAnswer},
        scope="transfers:write",
        summary="What to look at before sending, by domain",
        problems=("too_many_recipients", "address_invalid", "not_found"),
    )
    def check(call: Call[CheckAddressesBody]) -> Reply:
        from chalicelib.domain.look_alikes import as_shown
        from chalicelib.use_cases.sending.check_domains import check_domains

        domains = [
            DomainAnswer(
                domain=one.domain,
                recipients=one.recipients,
                first_time=one.first_time,
                first_time_for_you=one.first_time_for_you,
                free_mail=one.free_mail,
                internal=one.internal,
                unicode=as_shown(one.domain),
                looks_like=None if one.like is None else one.like.domain,
                reason=None if one.like is None else one.like.reason,
            )
            for one in check_domains(context(), call.principal, call.body.emails)
        ]
        return Reply(DomainsAnswer(domains=domains))
