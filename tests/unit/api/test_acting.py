"""Before any sign-in a request acts for the tenant of its host, or of the value that it holds, and for nobody that is not there."""

from collections.abc import Callable

import pytest

from chalicelib.api.acting import act_as, act_by_host, act_by_token
from chalicelib.domain.errors import NotFound, Refused
from chalicelib.domain.token import token_invalid
from chalicelib.ports.record_store import Put
from chalicelib.stores.tenant_store import host_key
from chalicelib.use_cases.acting_tenant import acting_for, acting_tenant
from chalicelib.use_cases.context import Context
from tests.fakes.context import FakeContext

SECRET = "A" * 27


def ports_that_know(*tenants: str) -> Callable[[], Context]:
    """As ``chalicelib.bootstrap.context`` where tenants have roles of their own."""
    ctx = FakeContext()

    def context() -> Context:
        if acting_tenant() not in (None, *tenants):
            raise NotFound
        return ctx

    return context


def test_the_host_that_was_asked_says_for_whom() -> None:
    context = ports_that_know("acme")
    context().records.transact([Put(host_key("files.acme.example"), {"tenant": "acme"})])
    with acting_for(None):
        assert act_by_host(context, "Files.acme.example") == "acme"
        assert acting_tenant() == "acme"
    with acting_for(None), pytest.raises(Refused) as refused:
        act_by_host(context, "files.rival.example")
    assert refused.value.code == "host_unknown"


def test_a_bearer_value_says_for_whom() -> None:
    context = ports_that_know("acme")
    with acting_for(None):
        assert act_by_token(context, f"acme.{SECRET}") is context()
        assert acting_tenant() == "acme"


@pytest.mark.parametrize("token", ["", "acme", "acme.", f"ACME.{SECRET}", f"acme#tr.{SECRET}", f"nobody.{SECRET}"])
def test_malformed_and_unknown_answer_alike(token: str) -> None:
    for unknown, code in ((NotFound, "not_found"), (token_invalid, "token_invalid")):
        with acting_for(None), pytest.raises(Refused) as refused:
            act_by_token(ports_that_know("acme"), token, unknown=unknown)
        assert refused.value.code == code


def test_a_program_names_its_tenant_itself() -> None:
    with acting_for(None), pytest.raises(Refused) as refused:
        act_as(ports_that_know("acme"), "nobody", unknown=token_invalid)
    assert refused.value.code == "token_invalid"
