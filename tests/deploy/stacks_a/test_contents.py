"""A stack that keeps something is not removed while it does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy import names
from deploy.account import Clients
from deploy.contents import refuse_removal
from deploy.errors import Refused
from deploy.stage import Stage, load_stage

DEV = replace(load_stage("dev"), protected=False)


@pytest.fixture
def clients() -> Iterator[Clients]:
    with mock_aws():
        yield boto3.Session(region_name=DEV.region).client


def refused(clients: Clients, lifecycle: str, stage: Stage = DEV) -> Refused:
    with pytest.raises(Refused) as caught:
        refuse_removal(clients, stage, lifecycle)
    return caught.value


def bucket(clients: Clients, name: str) -> Any:
    s3 = clients("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": DEV.region})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.mark.parametrize("lifecycle", sorted(names.KEEPING))
def test_a_protected_stage_keeps_its_data_whatever_is_in_it(clients: Clients, lifecycle: str) -> None:
    error = refused(clients, lifecycle, load_stage("prod"))
    assert error.code == "stage_protected"
    assert "protected = false" in error.hint


@pytest.mark.parametrize("lifecycle", sorted(set(names.LIFECYCLES) - set(names.KEEPING)))
def test_a_stack_that_holds_nothing_may_always_go(clients: Clients, lifecycle: str) -> None:
    refuse_removal(clients, load_stage("prod"), lifecycle)


@pytest.mark.parametrize("lifecycle", sorted(names.KEEPING))
def test_what_is_not_there_holds_nothing(clients: Clients, lifecycle: str) -> None:
    refuse_removal(clients, DEV, lifecycle)


def test_objects_and_old_versions_hold_a_bucket(clients: Clients) -> None:
    name = names.blobs_bucket(DEV)
    s3 = bucket(clients, name)
    refuse_removal(clients, DEV, "blobs")
    s3.put_object(Bucket=name, Key="tn/tr/bl", Body=b"x")
    error = refused(clients, "blobs")
    assert error.code == "data_held"
    assert name in error.detail
    s3.delete_object(Bucket=name, Key="tn/tr/bl")
    # A marker is in front of it now: the version is still there.
    assert refused(clients, "blobs").code == "data_held"


def test_an_item_holds_a_table(clients: Clients) -> None:
    dynamodb, name = clients("dynamodb"), names.wrapped_keys_table(DEV)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    refuse_removal(clients, DEV, "data")
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "x"}})
    assert name in refused(clients, "data").detail


def test_a_person_holds_the_pool(clients: Clients) -> None:
    cognito = clients("cognito-idp")
    pool = cognito.create_user_pool(PoolName="members")["UserPool"]["Id"]
    clients("ssm").put_parameter(Name=names.parameter(DEV, "user-pool-id"), Value=pool, Type="String")
    refuse_removal(clients, DEV, "identity")
    cognito.admin_create_user(UserPoolId=pool, Username="somebody")
    assert "user pool" in refused(clients, "identity").detail


def test_a_message_holds_a_queue(clients: Clients) -> None:
    sqs, name = clients("sqs"), names.dead_letters(DEV, "transfers")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    refuse_removal(clients, DEV, "messaging")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert name in refused(clients, "messaging").detail


def test_any_other_stack_holds_the_keys(clients: Clients) -> None:
    template = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    for lifecycle in ("keys", "data"):
        clients("cloudformation").create_stack(StackName=names.stack(DEV, lifecycle), TemplateBody=template)
    assert "fumibako-dev-data" in refused(clients, "keys").detail
