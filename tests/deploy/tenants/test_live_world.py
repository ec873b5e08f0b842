"""The operator's adapters over one set of credentials: each account is entered by its own role, and a host leads where its stage says."""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.errors import Refused
from deploy.names import parameter
from deploy.stage import load_stage
from deploy.tenants.lifecycle.live import OPERATOR_ROLE, LiveWorld, Vendor
from deploy.tenants.lifecycle.organisation import Units
from tests.contract.aws_world import REGION, aws_world

STAGE = load_stage("prod")


@pytest.fixture
def world() -> Iterator[LiveWorld]:
    with aws_world():
        yield LiveWorld(Vendor(None, REGION, Units("ou-1", "ou-2", "ou-3"), "exports"))


def test_an_account_is_entered_by_the_operators_role_there(world: LiveWorld) -> None:
    found = world.clients("444455556666")("sts").get_caller_identity()
    assert found["Account"] == "444455556666"
    assert f":assumed-role/{OPERATOR_ROLE}/" in found["Arn"]


def test_a_host_that_the_stage_does_not_serve(world: LiveWorld) -> None:
    with pytest.raises(Refused) as refused:
        world.domains.point("files.unknown.example", "prod", "")
    assert refused.value.code == "host_not_served"


def distribution(client: Any) -> dict[str, str]:
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": "1",
            "Origins": {"Quantity": 1, "Items": [{"Id": "page", "DomainName": "page.example.com"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "page", "ViewerProtocolPolicy": "https-only"},
            "Comment": "",
            "Enabled": True,
        }
    )["Distribution"]
    return {"id": made["Id"], "name": made["DomainName"]}


def test_a_zone_of_the_customers_is_theirs_to_change(world: LiveWorld) -> None:
    clients = world.clients(STAGE.account)
    made = distribution(clients("cloudfront"))
    clients("ssm", region_name="us-east-1").put_parameter(
        Name=parameter(STAGE, "page-distribution-id"), Value=made["id"], Type="String"
    )
    with pytest.raises(Refused) as refused:
        world.domains.point(STAGE.page_host, "prod", "")
    assert refused.value.code == "dns_elsewhere"
    assert made["name"] in refused.value.hint
