"""Stages: what a file must say, and what is told when it doesn't."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import Refused
from deploy.names import FUNCTIONS
from deploy.stage import STAGES, load_stage, stage_names, stage_of

PROD = tomllib.loads((STAGES / "prod.toml").read_text("utf-8"))


def refused(**changes: Any) -> str:
    raw = {key: value for key, value in (PROD | changes).items() if value is not None}
    with pytest.raises(Refused) as caught:
        stage_of("prod", raw)
    assert caught.value.code == "stage_wrong"
    assert caught.value.hint
    return caught.value.detail


@pytest.mark.parametrize("name", stage_names())
def test_every_stage_of_the_tree_is_whole(name: str) -> None:
    stage = load_stage(name)
    assert stage.name == name
    assert sum(stage.concurrency(service, one) for service, names in FUNCTIONS.items() for one in names) > 0


def test_there_are_a_stage_to_try_one_to_run_and_one_for_the_emulator() -> None:
    assert stage_names() == ["box", "dev", "prod"]
    assert load_stage("prod").protected
    assert load_stage("dev").protected
    assert not load_stage("box").protected


def test_a_stage_that_does_not_exist_is_told_with_those_that_do() -> None:
    with pytest.raises(Refused, match="box, dev, prod") as caught:
        load_stage("production")
    assert caught.value.code == "stage_unknown"


def test_a_name_is_no_path() -> None:
    with pytest.raises(Refused) as caught:
        load_stage("../stages/prod")
    assert caught.value.code == "stage_unknown"


def test_every_fault_is_told_at_once() -> None:
    told = refused(account=None, region=3, log_days=8, colour="red")
    for word in ("`account` is missing", "`region`", "`colour` is no setting"):
        assert word in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"account": "1234"}, "12 digits"),
        ({"account": 123456789012}, "`account`"),
        ({"region": "tokyo"}, "ap-northeast-1"),
        ({"availability_zones": ["ap-northeast-1a"]}, "two or more"),
        ({"availability_zones": ["ap-northeast-1a", "us-east-1a"]}, "of the Region"),
        ({"availability_zones": ["ap-northeast-1a", "ap-northeast-1a"]}, "different zones"),
        ({"page_host": "files.elsewhere.jp"}, "under `domain`"),
        ({"page_host": "Files.example.jp"}, "lower case"),
        ({"page_host": "*.example.jp"}, "lower case"),
        ({"api_host": "files.example.jp"}, "all differ"),
        ({"tenant_hosts": ["https://files.tenant.example"]}, "`tenant_hosts`"),
        ({"mail_sender": "no-reply"}, "`mail_sender`"),
        ({"alarm_address": "somebody@nowhere"}, "`alarm_address`"),
        ({"delivery": "both"}, "`delivery`"),
        ({"log_days": 8}, "`log_days` is one of"),
        ({"backup_days": 0}, "`backup_days`"),
        ({"front_key_version": "AWSCURRENT"}, "`front_key_version`"),
        ({"network": "8.8.0.0/20"}, "private"),
        ({"network": "10.0.0.0/28"}, "prefix"),
        ({"network": "10.0.0.1/20"}, "`network`"),
        ({"protected": False}, "never has it"),
        ({"scanner": "yes"}, "`scanner`"),
    ],
)
def test_a_wrong_value_is_named(changes: dict[str, Any], told: str) -> None:
    assert told in refused(**changes)


def test_concurrency_names_every_function_and_no_other() -> None:
    table = PROD["reserved_concurrency"]
    less = table | {"transfers": {key: value for key, value in table["transfers"].items() if key != "sweep_due"}}
    assert "`reserved_concurrency.transfers.sweep_due` is missing" in refused(reserved_concurrency=less)
    more = table | {"auth": table["auth"] | {"sweep": 1}}
    assert "`reserved_concurrency.auth.sweep` is no function of ours" in refused(reserved_concurrency=more)


def test_concurrency_stays_under_what_the_account_gives() -> None:
    table = PROD["reserved_concurrency"]
    assert "adds up to" in refused(reserved_concurrency=table | {"auth": {"api_handler": 900, "signed_in": 100}})
    assert "adds up to" in refused(account_concurrency=500)
    assert "1 or more" in refused(reserved_concurrency=table | {"auth": {"api_handler": 0, "signed_in": 1}})


SAML = {"name": "Company", "kind": "saml", "domains": ["company.jp"], "metadata_url": "https://login.company.jp/m.xml"}


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        (SAML | {"metadata_url": ""}, "`metadata_url` is missing"),
        (SAML | {"metadata_url": "http://login.company.jp"}, "begins with https://"),
        (SAML | {"issuer": "https://login.company.jp"}, "`issuer` is not for saml"),
        (SAML | {"domains": []}, "needs mail domains"),
        (SAML | {"name": "a b"}, "a name has"),
        (SAML | {"secret": "x"}, "identity_providers"),
        ({"name": "Company", "kind": "oidc", "domains": ["company.jp"]}, "`issuer` is missing"),
    ],
)
def test_an_identity_provider_says_what_its_kind_needs(provider: dict[str, Any], told: str) -> None:
    assert told in refused(identity_providers=[provider])


def test_a_mail_domain_has_one_provider() -> None:
    assert "two" in refused(identity_providers=[SAML, SAML | {"name": "Other"}])


def test_two_stages_do_not_share_a_host(tmp_path: Path) -> None:
    shutil.copy(STAGES / "prod.toml", tmp_path / "prod.toml")
    shutil.copy(STAGES / "prod.toml", tmp_path / "prod2.toml")
    with pytest.raises(Refused, match=r"files\.example\.jp") as caught:
        load_stage("prod", tmp_path)
    assert caught.value.code == "name_collision"


def test_a_file_that_is_no_toml_is_told(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text("account = ", "utf-8")
    with pytest.raises(Refused) as caught:
        load_stage("dev", tmp_path)
    assert caught.value.code == "stage_unreadable"
