"""The box's containers get the settings that the stacks hand to theirs, and one that does not start is told with its last words."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.config import load_settings
from deploy.box.containers import Container, settings_of
from deploy.box.emulator import Emulator
from deploy.box.parameters import values
from deploy.errors import Refused
from deploy.names import PARAMETERS
from deploy.packaging.parameters import environment
from deploy.stage import load_stage
from tests.deploy.assemblies import assembly_of
from tests.deploy.stacks_b.test_containers import document_of

SHARED = {name: f"arn:{name}" for name in PARAMETERS}


@pytest.fixture
def emulator(tmp_path: Path) -> Emulator:
    """Not started: only its addresses are asked for."""
    return Emulator(tmp_path, region="us-east-1", account="000000000000")


@pytest.mark.slow
@pytest.mark.parametrize("lifecycle", ["downloads", "scanner"])
def test_they_are_told_what_the_stacks_tell_theirs(
    lifecycle: str, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    handed = {
        f"FUMIBAKO_{name.upper()}"
        for name in tomllib.loads(document_of(assembly_of("prod", tmp_path_factory).template(lifecycle)))
    }
    # What the stacks say of draining and listening is the runtime's default here, or is said by the box for itself.
    own = {
        "FUMIBAKO_DRAIN_SECONDS",
        "FUMIBAKO_LISTEN_HOST",
        "FUMIBAKO_LISTEN_PORT",
        "FUMIBAKO_CLAMD_ADDRESS",
        "FUMIBAKO_ROLES",
    }
    assert handed - own <= settings_of(environment(), emulator).keys()


def test_rights_and_secrets_of_functions_are_not_handed_over(emulator: Emulator) -> None:
    told = settings_of(environment(), emulator, roles="scan")
    assert not {"FUMIBAKO_TENANT_ROLE_ARN", "FUMIBAKO_FRONT_KEYS", "FUMIBAKO_FETCH"} & told.keys()
    assert told["FUMIBAKO_ROLES"] == "scan"


@pytest.mark.parametrize(
    ("scanner", "told"), [(True, ("clamd", "")), (False, ("none", "This box was asked to do without a scanner."))]
)
def test_functions_are_told_whether_there_is_a_scanner(*, scanner: bool, told: tuple[str, str]) -> None:
    stage = replace(load_stage("box"), scanner=scanner)
    known = values(stage, SHARED, public_url="http://127.0.0.1:1", endpoint="http://localhost:1")
    assert (known["Scanner"], known["ScannerReason"]) == told
    assert known["Fetch"] == "front"


def test_a_container_that_does_not_start_is_told_with_its_last_words(emulator: Emulator, tmp_path: Path) -> None:
    nothing = tmp_path / "layer"
    nothing.mkdir()
    with (
        pytest.raises(Refused, match="No module named") as refused,
        Container("downloads", nothing, {"FUMIBAKO_ROLES": "bytes"}, emulator),
    ):
        pass
    assert refused.value.code == "container_failed"


def test_its_settings_are_ones_that_the_runtime_takes(emulator: Emulator) -> None:
    told = dict.fromkeys(environment(), "x") | {
        "FUMIBAKO_MODE": "evaluation", "FUMIBAKO_STORE": "dynamodb", "FUMIBAKO_BUS": "sns", "FUMIBAKO_BLOBS": "s3",
        "FUMIBAKO_KEYS": "kms", "FUMIBAKO_MAIL": "ses", "FUMIBAKO_LOG_LEVEL": "info", "FUMIBAKO_BASE_URL": "http://127.0.0.1:1",
        "FUMIBAKO_BLOB_BASE_URL": "http://localhost:1", "FUMIBAKO_AWS_ENDPOINT": "http://localhost:1", "FUMIBAKO_S3_ENDPOINT": "http://localhost:1",
        "FUMIBAKO_MAIL_FROM": "a@box.example", "FUMIBAKO_SCANNER": "clamd", "FUMIBAKO_SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:0:t",
    }  # fmt: skip
    made = load_settings(settings_of(told, emulator, roles="scan", clamd_address="127.0.0.1:1"))
    assert (made.roles, made.scanner, made.sqs_queue_prefix) == (("scan",), "clamd", "fumibako-box")
