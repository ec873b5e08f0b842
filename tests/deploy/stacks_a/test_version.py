"""An older version does not go over a newer one."""

from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy.errors import Refused
from deploy.stage import load_stage
from deploy.version import deployed_version, note_version, ordered, refuse_going_back, this_version

PROD = load_stage("prod")


@pytest.fixture
def ssm() -> Any:
    with mock_aws():
        yield boto3.client("ssm", region_name="ap-northeast-1")


def test_the_first_deployment_is_let_through(ssm: Any) -> None:
    assert deployed_version(ssm, PROD) is None
    refuse_going_back(ssm, PROD, "0.1.0")


@pytest.mark.parametrize("version", ["1.2.3", "1.2.4", "1.10.0", "2.0.0"])
def test_the_same_or_a_newer_one_is_let_through(ssm: Any, version: str) -> None:
    note_version(ssm, PROD, "1.2.3")
    refuse_going_back(ssm, PROD, version)


@pytest.mark.parametrize("version", ["0.9.9", "1.2.2", "1.1.9"])
def test_an_older_one_is_refused(ssm: Any, version: str) -> None:
    note_version(ssm, PROD, "1.2.3")
    with pytest.raises(Refused, match=r"runs 1\.2\.3") as caught:
        refuse_going_back(ssm, PROD, version)
    assert caught.value.code == "version_older"
    assert f"--back-to {version}" in caught.value.hint


def test_who_names_the_very_version_may_go_back(ssm: Any) -> None:
    note_version(ssm, PROD, "1.2.3")
    refuse_going_back(ssm, PROD, "1.2.2", back_to="1.2.2")
    with pytest.raises(Refused):
        refuse_going_back(ssm, PROD, "1.2.1", back_to="1.2.2")


def test_numbers_are_compared_as_numbers() -> None:
    assert ordered("1.10.0") > ordered("1.9.9")
    with pytest.raises(Refused) as caught:
        ordered("1.2")
    assert caught.value.code == "version_unreadable"


def test_what_is_noted_is_found_again_and_can_be_noted_again(ssm: Any) -> None:
    for version in ("1.0.0", "1.0.1"):
        note_version(ssm, PROD, version)
        assert deployed_version(ssm, PROD) == version


def test_stages_have_versions_of_their_own(ssm: Any) -> None:
    note_version(ssm, PROD, "2.0.0")
    refuse_going_back(ssm, load_stage("dev"), "1.0.0")


def test_this_tree_has_a_version() -> None:
    assert ordered(this_version())
