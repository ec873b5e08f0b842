"""On-boarding and off-boarding: each step can be killed, repeated and undone, and bad input stops it with everything so far kept."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from deploy.errors import Refused
from deploy.names import blobs_bucket, records_table, stack, wrapped_keys_table
from deploy.tenants.lifecycle.machine import advance, ask, state, turn
from deploy.tenants.lifecycle.tenancy import Asked
from deploy.tenants.lifecycle.world import UnderWay
from tests.deploy.tenants.lifecycle_world import POOLED, SILO, Killed, Killer, Vendor, vendor_world


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with vendor_world() as made:
        yield made


def onboard(vendor: Vendor, asked: Asked) -> str:
    ask(vendor.place(), asked)
    return state(advance(vendor.place(), asked.tenant))


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


def test_a_silo_from_asking_to_active(vendor: Vendor) -> None:
    ask(vendor.place(), SILO)
    tenancy = advance(vendor.place(), "acme")
    assert (state(tenancy), list(tenancy.done)) == (
        "active",
        ["account", "baseline", "stacks", "members", "domain", "smoke"],
    )
    assert tenancy.fact("account", "account") == vendor.pool[0]
    found = vendor.snapshot()
    assert [one[0] for one in found["accounts in customers"]] == ["account 0"]
    assert "acme" in found["accounts in customers"][0][2]
    assert found["baseline"] == ["account 0"]
    assert len(found["stacks of acme1"]) >= 12
    assert found["names"] == ["files.acme.example."]
    assert vendor.set_ups == {"acme": 1}


def test_a_pooled_tenant_takes_no_account(vendor: Vendor) -> None:
    before = vendor.snapshot()
    assert onboard(vendor, POOLED) == "active"
    after = vendor.snapshot()
    assert after["accounts in pool"] == before["accounts in pool"]
    assert after["items of fumibako-shared-records"] == ["beta#bootstrap", "beta#tenant", "host#files.beta.example"]


def test_repeating_what_is_done_changes_nothing(vendor: Vendor) -> None:
    onboard(vendor, SILO)
    before = vendor.snapshot()
    killer = Killer()
    with killer.around():
        assert onboard(vendor, SILO) == "active"
    # The host's claim is asked for again, and nothing else is written.
    assert killer.seen == []
    assert vendor.snapshot() == before


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after it"])
@pytest.mark.parametrize("asked", [POOLED, SILO], ids=lambda one: one.delivery)
def test_killed_anywhere_it_is_taken_up_and_ends_as_if_nothing_had_been(asked: Asked, *, after: bool) -> None:
    with vendor_world() as vendor:
        smooth = Killer()
        with smooth.around():
            onboard(vendor, asked)
        expected = vendor.snapshot()
    for at in smooth.points():
        with vendor_world() as vendor:
            killer = Killer(at, after)
            with pytest.raises(Killed), killer.around():
                onboard(vendor, asked)
            assert onboard(vendor, asked) == "active", killer.seen[-1]
            assert vendor.snapshot() == expected, killer.seen[-1]


@pytest.mark.slow
@pytest.mark.parametrize("asked", [POOLED, SILO], ids=lambda one: one.delivery)
def test_killed_anywhere_it_can_be_undone_and_leaves_nothing(asked: Asked) -> None:
    with vendor_world() as vendor:
        smooth = Killer()
        with smooth.around():
            onboard(vendor, asked)
    for at in smooth.points():
        with vendor_world() as vendor:
            before = vendor.snapshot()
            killer = Killer(at, after=True)
            with pytest.raises(Killed), killer.around():
                onboard(vendor, asked)
            if vendor.place().registry.get(asked.tenant) is None:
                # It died before it was written down that anybody asked; asking again finds the claim.
                ask(vendor.place(), asked)
            if state(vendor.place().registry.get(asked.tenant)) == "active":  # type: ignore[arg-type]
                continue
            turn(vendor.place(), asked.tenant, "undone")
            undo_with_a_kill(vendor, asked)
            assert vendor.snapshot() == before, killer.seen[-1]


def undo_with_a_kill(vendor: Vendor, asked: Asked) -> None:
    """The undoing is killed too, after its second call, and taken up."""
    killer = Killer(2, after=True)
    try:
        with killer.around():
            advance(vendor.place(), asked.tenant)
    except Killed:
        if vendor.place().registry.get(asked.tenant) is not None:
            advance(vendor.place(), asked.tenant)


def test_a_tenancy_that_serves_is_not_undone_but_off_boarded(vendor: Vendor) -> None:
    onboard(vendor, SILO)
    assert refusal(lambda: turn(vendor.place(), "acme", "undone")) == "tenancy_serves"
    turn(vendor.place(), "acme", "gone")
    tenancy = advance(vendor.place(), "acme")
    assert state(tenancy) == "gone"
    found = vendor.snapshot()
    assert (found["stacks of acme1"], found["names"], found["baseline"]) == ([], [], [])
    assert [one[:2] for one in found["accounts in leaving"]] != []
    assert tenancy.fact("export", "exported_to") == "s3://exports/acme1/acme.jsonl"
    # The account is never another's; the host name is free.
    assert found["registry"] == ["account#account 0", "tenancy#acme"]
    assert vendor.pool[0] not in vendor.place().world.accounts.free()


def test_off_boarding_killed_anywhere_is_taken_up() -> None:
    with vendor_world() as vendor:
        onboard(vendor, POOLED)
        smooth = Killer()
        turn(vendor.place(), "beta", "gone")
        with smooth.around():
            advance(vendor.place(), "beta")
        expected = vendor.snapshot()
    for at in smooth.points():
        with vendor_world() as vendor:
            onboard(vendor, POOLED)
            turn(vendor.place(), "beta", "gone")
            with pytest.raises(Killed), Killer(at, after=True).around():
                advance(vendor.place(), "beta")
            assert state(advance(vendor.place(), "beta")) == "gone"
            assert vendor.snapshot() == expected


def test_a_customer_who_stays_after_all(vendor: Vendor) -> None:
    onboard(vendor, POOLED)
    before = vendor.snapshot()
    vendor.put(vendor.aws.client("dynamodb"), "fumibako-shared-wrapped-keys", "beta#key#tr_1", "key", {})
    turn(vendor.place(), "beta", "gone")
    assert refusal(lambda: advance(vendor.place(), "beta")) == "data_held"
    vendor.aws.client("dynamodb").delete_item(
        TableName="fumibako-shared-wrapped-keys", Key={"pk": {"S": "beta#key#tr_1"}, "sk": {"S": "key"}}
    )
    turn(vendor.place(), "beta", "active")
    assert state(advance(vendor.place(), "beta")) == "active"
    assert vendor.snapshot() == before


def test_nothing_is_destroyed_while_it_is_held(vendor: Vendor) -> None:
    onboard(vendor, SILO)
    stage = vendor.stages["acme1"]
    client = vendor.clients(stage.account)
    client("s3").put_object(Bucket=blobs_bucket(stage), Key="acme/tr_1/bl_1", Body=b"x")
    turn(vendor.place(), "acme", "gone")
    assert refusal(lambda: advance(vendor.place(), "acme")) == "data_held"
    assert vendor.snapshot()["names"] == ["files.acme.example."]
    client("s3").delete_object(Bucket=blobs_bucket(stage), Key="acme/tr_1/bl_1")
    assert state(advance(vendor.place(), "acme")) == "gone"


# What stops a tenancy: how the world is spoilt, the refusal, how it is mended.
def no_free_account(vendor: Vendor) -> None:
    for account in vendor.pool:
        vendor.place().registry.claim("account", account, "other")


def free_one(vendor: Vendor) -> None:
    vendor.place().registry.release("account", vendor.pool[0], "other")


def stage_of_another(vendor: Vendor) -> None:
    vendor.stages["acme1"] = replace(vendor.stages["acme1"], account=vendor.pool[1])


def stage_written(vendor: Vendor) -> None:
    vendor.stages["acme1"] = replace(vendor.stages["acme1"], account=vendor.pool[0])


def tagged_by_hand(vendor: Vendor) -> None:
    tags = [{"Key": "fumibako:tenant", "Value": "other"}]
    for account in vendor.pool:
        vendor.aws.client("organizations").tag_resource(ResourceId=account, Tags=tags)


def untagged(vendor: Vendor) -> None:
    for account in vendor.pool:
        vendor.aws.client("organizations").untag_resource(ResourceId=account, TagKeys=["fumibako:tenant"])


def name_leads_elsewhere(vendor: Vendor) -> None:
    record = {"Name": "files.acme.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    _change(vendor, "CREATE", record)


def name_freed(vendor: Vendor) -> None:
    record = {"Name": "files.acme.example", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    _change(vendor, "DELETE", record)


def _change(vendor: Vendor, action: str, record: dict[str, Any]) -> None:
    vendor.aws.client("route53").change_resource_record_sets(
        HostedZoneId=vendor.zone, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    )


def host_of_another_tenant(vendor: Vendor) -> None:
    stage = vendor.stages["acme1"]
    vendor.make_stores(stage)
    client = vendor.clients(stage.account)("dynamodb")
    vendor.put(client, records_table(stage), "host#files.acme.example", "host", {"tenant": "other"})


def host_given_up(vendor: Vendor) -> None:
    stage = vendor.stages["acme1"]
    vendor.clients(stage.account)("dynamodb").delete_item(
        TableName=records_table(stage), Key={"pk": {"S": "host#files.acme.example"}, "sk": {"S": "host"}}
    )


def does_not_answer(vendor: Vendor) -> None:
    vendor.smoke.found = ["auth answers 502."]


def answers_again(vendor: Vendor) -> None:
    vendor.smoke.found = []


TROUBLES: dict[str, tuple[Callable[[Vendor], None], str, str, Callable[[Vendor], None]]] = {
    "no account is free": (no_free_account, "pool_empty", "account", free_one),
    "an account was tagged by hand": (tagged_by_hand, "account_taken", "account", untagged),
    "the stage's file names another account": (stage_of_another, "stage_of_another_account", "stacks", stage_written),
    "the name leads elsewhere": (name_leads_elsewhere, "name_taken", "domain", name_freed),
    "the host is another tenant's in the stage": (host_of_another_tenant, "name_taken", "members", host_given_up),
    "the smoke test fails": (does_not_answer, "smoke_failed", "smoke", answers_again),
}


@pytest.mark.parametrize("name", sorted(TROUBLES))
def test_trouble_stops_it_where_it_is_and_mended_it_goes_on(vendor: Vendor, name: str) -> None:
    spoil, code, step, mend = TROUBLES[name]
    spoil(vendor)
    assert refusal(lambda: onboard(vendor, SILO)) == code
    tenancy = vendor.place().registry.get("acme")
    assert tenancy is not None
    assert state(tenancy) == step
    assert refusal(lambda: advance(vendor.place(), "acme")) == code
    mend(vendor)
    assert onboard(vendor, SILO) == "active"


def test_two_who_want_one_account_or_host(vendor: Vendor) -> None:
    wanted = replace(SILO, account=vendor.pool[0])
    assert onboard(vendor, wanted) == "active"
    other = replace(SILO, tenant="gamma", host="files.gamma.example", account=vendor.pool[0])
    assert refusal(lambda: onboard(vendor, other)) == "account_taken"
    assert refusal(lambda: ask(vendor.place(), replace(POOLED, host=SILO.host))) == "name_taken"
    assert refusal(lambda: ask(vendor.place(), replace(wanted, name="Another"))) == "tenancy_differs"


def test_two_operators_at_one_tenancy(vendor: Vendor) -> None:
    place = vendor.place()
    stale = ask(place, POOLED)
    advance(place, "beta")
    assert refusal(lambda: place.registry.save(stale)) == "changed_meanwhile"
    assert refusal(lambda: place.registry.remove(stale)) == "changed_meanwhile"


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant": "due"},
        {"tenant": "A"},
        {"stage": "with space"},
        {"host": "nowhere"},
        {"host": "a.example/path"},
        {"name": " "},
        {"account": "12"},
        {"delivery": "pooled", "account": "111122223333"},
    ],
    ids=str,
)
def test_what_is_asked_wrongly(vendor: Vendor, wrong: dict[str, str]) -> None:
    assert refusal(lambda: ask(vendor.place(), replace(SILO, **wrong))) == "tenancy_wrong"  # type: ignore[arg-type]


def test_what_nobody_asked_for(vendor: Vendor) -> None:
    assert refusal(lambda: advance(vendor.place(), "nobody")) == "tenancy_unknown"
    ask(vendor.place(), POOLED)
    assert refusal(lambda: turn(vendor.place(), "beta", "gone")) == "tenancy_never_served"


def test_a_half_made_stack_is_told_and_one_that_never_stood_is_made_anew(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = vendor.stages["acme1"]
    cloudformation = vendor.clients(stage.account)("cloudformation")
    name = stack(stage, "data")
    cloudformation.create_stack(StackName=name, TemplateBody='{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}')
    from moto.cloudformation.models import cloudformation_backends

    made = next(one for one in cloudformation_backends[stage.account][stage.region].stacks.values() if one.name == name)
    made.status = "UPDATE_ROLLBACK_FAILED"
    assert refusal(lambda: onboard(vendor, SILO)) == "stack_half_made"
    made.status = "UPDATE_IN_PROGRESS"
    with pytest.raises(UnderWay):
        advance(vendor.place(), "acme")
    made.status = "ROLLBACK_COMPLETE"
    assert state(advance(vendor.place(), "acme")) == "active"


def test_an_empty_wrapped_keys_table_is_what_emptied_means(vendor: Vendor) -> None:
    onboard(vendor, POOLED)
    vendor.put(vendor.aws.client("dynamodb"), wrapped_keys_table(vendor.stages["shared"]), "beta#key#words", "key", {})
    vendor.put(vendor.aws.client("dynamodb"), wrapped_keys_table(vendor.stages["shared"]), "acme#key#tr_1", "key", {})
    turn(vendor.place(), "beta", "gone")
    assert state(advance(vendor.place(), "beta")) == "gone"
    assert vendor.snapshot()["items of fumibako-shared-wrapped-keys"] == ["acme#key#tr_1"]
