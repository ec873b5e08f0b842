"""Removing services keeps data and people: nothing of theirs stands in a stack of services, and no stack holds another fast."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.app import stack_class, written
from deploy.names import KEEPING, LIFECYCLES, image_parameter, scanner_image_parameter, stack
from deploy.templates import KEEPERS
from tests.deploy.assemblies import Assembly, assembly_of
from tests.deploy.stacks_a.conftest import LIFECYCLES as OURS

pytestmark = pytest.mark.slow
_SHARED = "AWS::SSM::Parameter::Value<String>"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The stage prod with every stack."""
    return assembly_of("prod", tmp_path_factory)


def test_every_lifecycle_has_a_stack(whole: Assembly) -> None:
    assert written() == list(LIFECYCLES)
    assert {name for name in whole.templates() if not name.endswith(".nested")} == {
        stack(whole.stage, lifecycle) for lifecycle in LIFECYCLES
    }


def test_stacks_that_keep_are_the_same_without_services_byte_for_byte(whole: Assembly, prod: Assembly) -> None:
    for lifecycle in OURS:
        name = f"{stack(prod.stage, lifecycle)}.template.json"
        assert (whole.folder / name).read_bytes() == (prod.folder / name).read_bytes(), lifecycle


def test_what_holds_data_or_people_stays_when_its_stack_goes(whole: Assembly) -> None:
    for lifecycle in KEEPING:
        for name, one in whole.template(lifecycle)["Resources"].items():
            if one["Type"] in KEEPERS:
                assert one["DeletionPolicy"] == "Retain", name
                assert one["UpdateReplacePolicy"] == "Retain", name


def test_what_other_stacks_hold_is_made_again_or_stays_too(whole: Assembly) -> None:
    """The built page, usage reports (computed from records), the web's own key of logs: no tables, no people, no bytes. Nested templates are looked at too."""
    keeping = {stack(whole.stage, lifecycle) for lifecycle in KEEPING}
    for name, template in whole.templates().items():
        held = [one for one in template["Resources"].values() if one["Type"] in KEEPERS]
        if name not in keeping:
            assert {one["Type"] for one in held} <= {"AWS::S3::Bucket", "AWS::KMS::Key"}, name
            assert {one.get("DeletionPolicy") for one in held} <= {"Retain"}, name
            assert "-blobs-" not in str([one["Properties"].get("BucketName") for one in held]), name


def test_a_stack_that_keeps_cannot_be_deleted_by_one_call(whole: Assembly) -> None:
    manifest = json.loads((whole.folder / "manifest.json").read_text("utf-8"))
    for lifecycle in KEEPING:
        assert manifest["artifacts"][stack(whole.stage, lifecycle)]["properties"]["terminationProtection"] is True


def test_no_stack_exports_or_imports(whole: Assembly) -> None:
    for name, template in whole.templates().items():
        assert not [one for one in template.get("Outputs", {}).values() if "Export" in one], name
        assert "Fn::ImportValue" not in json.dumps(template), name


def told(template: dict[str, Any]) -> Iterator[str]:
    for one in template["Resources"].values():
        if one["Type"] == "AWS::SSM::Parameter":
            yield one["Properties"]["Name"]


def asked(template: dict[str, Any]) -> Iterator[str]:
    for one in template.get("Parameters", {}).values():
        if one["Type"] == _SHARED:
            yield one["Default"]
    yield from re.findall(r"\{\{resolve:ssm:(/fumibako/[^:}]+)", json.dumps(template))


def test_what_a_stack_asks_another_has_told_before(whole: Assembly) -> None:
    """And the stack says so by NEEDS, so that the CDK command deploys them in that order. Images are told by whoever pushed them."""
    pushed = {image_parameter(whole.stage), scanner_image_parameter(whole.stage)}
    teller = {name: lifecycle for lifecycle in written() for name in told(whole.template(lifecycle))}
    assert len(teller) == sum(len(list(told(whole.template(lifecycle)))) for lifecycle in written())
    for place, lifecycle in enumerate(written()):
        for name in set(asked(whole.template(lifecycle))) - pushed:
            assert name in teller, (lifecycle, name)
            assert teller[name] in written()[:place], (lifecycle, name)
            assert teller[name] in _needed(lifecycle), (lifecycle, name, teller[name])


def _needed(lifecycle: str) -> set[str]:
    """NEEDS, and what those need."""
    direct: tuple[str, ...] = getattr(stack_class(lifecycle), "NEEDS", ())
    return set(direct) | {far for near in direct for far in _needed(near)}
