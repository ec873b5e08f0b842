"""What the box deploys: packages that are what their manifest says, parameters that it knows, templates it can take."""

import hashlib
import json
from pathlib import Path

import pytest

from deploy import names
from deploy.box.mailbox import letter_of
from deploy.box.parameters import of_template, values
from deploy.box.report import reported, table
from deploy.box.services import packages
from deploy.box.shapes import paths_of
from deploy.errors import Refused
from deploy.stage import load_stage


def packaged(folder: Path) -> Path:
    told = {}
    for service in names.SERVICES:
        (folder / service).mkdir(parents=True)
        content = {"template.json": f'{{"of": "{service}"}}'.encode(), "deployment.zip": service.encode()}
        for name, body in content.items():
            (folder / service / name).write_bytes(body)
        digests = {name: hashlib.sha256(body).hexdigest() for name, body in content.items()}
        told[service] = {
            "template_sha256": digests["template.json"],
            "zip_sha256": digests["deployment.zip"],
            "code_key": f"services/{service}.zip",
        }
    (folder / "manifest.json").write_text(json.dumps({"services": told}))
    return folder


def test_packages_are_taken_as_they_are(tmp_path: Path) -> None:
    found = packages(packaged(tmp_path))
    assert list(found) == list(names.SERVICES)
    assert found["auth"].template == '{"of": "auth"}'
    assert found["auth"].code_key == "services/auth.zip"


@pytest.mark.parametrize("name", ["deployment.zip", "template.json"])
def test_a_package_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    folder = packaged(tmp_path)
    (folder / "transfers" / name).write_bytes(b"{}")
    with pytest.raises(Refused) as refused:
        packages(folder)
    assert refused.value.code == "package_changed"


def test_without_packages_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        packages(tmp_path)
    assert (refused.value.code, "deploy package" in refused.value.hint) == ("not_packaged", True)


def shared() -> dict[str, str]:
    return {name: f"arn:{name}" for name in names.PARAMETERS}


def test_the_box_knows_every_parameter_that_is_not_a_service_s_own() -> None:
    known = values(load_stage("box"), shared(), public_url="http://127.0.0.1:1", endpoint="http://localhost:1")
    assert known["RecordsTable"] == "fumibako-box-records"
    assert known["SealKeyArn"] == "arn:key-seal-arn"
    assert known["WrappedKeysKeyArn"] == "arn:key-wrapped-keys-arn"
    assert (known["Mode"], known["Scanner"]) == ("evaluation", "none")


def test_a_template_is_told_what_it_asks_for_and_nothing_else() -> None:
    template = {"Parameters": {"Stage": {}, "LogDays": {"Default": "90"}, "Other": {"Default": "x"}}}
    assert of_template("auth", template, {"Stage": "box", "Mode": "evaluation"}) == {"Stage": "box"}


def test_a_parameter_that_the_box_does_not_know_is_named() -> None:
    with pytest.raises(Refused, match="Novelty") as refused:
        of_template("auth", {"Parameters": {"Novelty": {"Type": "String"}}}, {})
    assert refused.value.code == "parameter_unknown"


def test_a_mail_of_the_emulator_s_store_reads_like_one() -> None:
    letter = letter_of(
        {"To": ["guest@partner.example"], "Source": "a@b.example", "Subject": "件名", "BodyText": "本文\n"}
    )
    assert letter["To"] == "guest@partner.example"
    assert letter.get_content() == "本文\n"


def test_the_table_has_a_line_for_each_function() -> None:
    made = {
        "invocations": {
            "fumibako-auth-box-api_handler": {"api": 3},
            "fumibako-transfers-box-sweep_due": {"schedule": 12},
        }
    }
    header, first, second = table(made).splitlines()
    assert header.split() == ["api", "authorizer", "queue", "stream", "schedule", "failed"]
    assert (first.split(), second.split()) == (
        ["fumibako-auth-box-api_handler", "3"],
        ["fumibako-transfers-box-sweep_due", "12"],
    )


def test_invocations_are_counted_in_logs_by_their_reports() -> None:
    told = [
        "START RequestId: 1",
        "REPORT RequestId: 1\tDuration: 2 ms",
        '{"type":"platform.report"}',
        "REPORT is a word",
    ]
    assert reported({"f": told, "g": []}) == {"f": 2, "g": 0}


def test_a_shape_has_every_path_and_no_value() -> None:
    event = {
        "Records": [{"body": "secret"}, {"id": 1}],
        "headers": {},
        "requestContext": {"stage": "api"},
        "none": None,
    }
    assert paths_of(event) == {"Records[].body", "Records[].id", "headers", "requestContext.stage", "none"}
