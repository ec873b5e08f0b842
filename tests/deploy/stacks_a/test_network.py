"""The network: nothing is let in, doors lead to our own stores, paid doors only where they are asked for."""

import json
from typing import Any

from deploy.stacks.network import INTERFACES
from tests.deploy.assemblies import Assembly, of_type, statements_of, words


def endpoints(assembly: Assembly, kind: str) -> list[dict[str, Any]]:
    found = of_type(assembly.template("network"), "AWS::EC2::VPCEndpoint").values()
    return [one["Properties"] for one in found if one["Properties"]["VpcEndpointType"] == kind]


def test_every_zone_has_a_public_and_an_isolated_subnet(prod: Assembly) -> None:
    template = prod.template("network")
    zones = len(prod.stage.availability_zones)
    assert len(of_type(template, "AWS::EC2::Subnet")) == 2 * zones
    assert not of_type(template, "AWS::EC2::NatGateway")
    assert len(of_type(template, "AWS::EC2::Route")) == zones
    assert template["Parameters"]["Zones"]["Default"].split(",") == list(prod.stage.availability_zones)


def test_no_subnet_gives_addresses_by_itself(prod: Assembly) -> None:
    for one in of_type(prod.template("network"), "AWS::EC2::Subnet").values():
        assert one["Properties"].get("MapPublicIpOnLaunch") is False


def test_nothing_is_let_in_from_outside(prod: Assembly) -> None:
    for one in of_type(prod.template("network"), "AWS::EC2::SecurityGroup").values():
        for rule in one["Properties"].get("SecurityGroupIngress", []):
            assert rule["CidrIp"] == prod.stage.network
            assert (rule["FromPort"], rule["ToPort"]) == (443, 443)


def test_doors_to_stores_lead_to_ours_and_for_our_account(prod: Assembly) -> None:
    found = endpoints(prod, "Gateway")
    assert len(found) == 2
    for one in found:
        for statement in statements_of(one["PolicyDocument"]):
            assert not [action for action in words(statement["Action"]) if action.endswith(":*")]
            resources = words(statement["Resource"])
            if "starport-layer-bucket" in json.dumps(resources):
                assert words(statement["Action"]) == ["s3:GetObject"]
                continue
            assert all("fumibako-prod-" in resource for resource in resources)
            assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": prod.stage.account}}


def test_paid_doors_are_there_where_the_stage_wants_a_private_network(prod: Assembly, box: Assembly) -> None:
    assert prod.stage.private_network
    found = endpoints(prod, "Interface")
    assert sorted(one["ServiceName"].rpartition("ap-northeast-1.")[2] for one in found) == sorted(INTERFACES)
    for one in found:
        assert one["PrivateDnsEnabled"] is True
        for statement in statements_of(one["PolicyDocument"]):
            assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": prod.stage.account}}
    assert endpoints(box, "Interface") == []


def test_what_was_refused_is_logged(prod: Assembly) -> None:
    (log,) = of_type(prod.template("network"), "AWS::EC2::FlowLog").values()
    assert log["Properties"]["TrafficType"] == "REJECT"
    (group,) = of_type(prod.template("network"), "AWS::Logs::LogGroup").values()
    assert group["Properties"]["RetentionInDays"] == prod.stage.log_days
    assert "keylogsarn" in str(group["Properties"]["KmsKeyId"])


def test_nothing_joins_the_default_group(prod: Assembly) -> None:
    for template in prod.templates().values():
        assert "DefaultSecurityGroup" not in json.dumps(template)
