"""An account of the stage dev, under moto."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto import mock_aws

from deploy.stage import load_stage
from tests.deploy.pipeline.account_world import Account
from tests.deploy.pipeline.releases import write_keys


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield


@pytest.fixture
def account(aws: None, tmp_path: Path) -> Account:
    stage = replace(load_stage("dev"), account="123456789012")
    return Account(stage, write_keys(tmp_path / "keys"), tmp_path)
