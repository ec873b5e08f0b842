"""What a deployment would change, and which of it people could lose data by."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from deploy.__main__ import main
from deploy.templates import Change, changes
from tests.deploy.assemblies import Assembly, of_type
from tests.deploy.packaged import packaged

TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": {"TableName": "records", "DeletionProtectionEnabled": True, "BillingMode": "PAY_PER_REQUEST"},
}


def of(**resources: Any) -> dict[str, Any]:
    return {"data": {"Resources": resources}}


def only(before: Any, after: Any) -> Change:
    (found,) = changes(before, after)
    return found


def changed(**properties: Any) -> dict[str, Any]:
    one = copy.deepcopy(TABLE)
    one["Properties"] |= properties
    return one


def test_the_same_is_no_change() -> None:
    assert changes(of(T=TABLE), of(T=copy.deepcopy(TABLE))) == []


def test_something_new_loses_nothing() -> None:
    assert only(of(), of(T=TABLE)) == Change("add", "data", "T", "AWS::DynamoDB::Table")


def test_a_table_that_goes_is_told_with_what_becomes_of_it() -> None:
    assert only(of(T=TABLE), of()).danger == "It stays in the account, outside every stack."
    assert only(of(T=TABLE | {"DeletionPolicy": "Delete"}), of()).danger == "It is deleted with what it holds."
    assert only(of(T={"Type": "AWS::SNS::Topic"}), of()).danger == ""


def test_a_stack_that_goes_is_all_its_resources() -> None:
    assert [one.kind for one in changes(of(T=TABLE), {})] == ["remove"]


@pytest.mark.parametrize(
    ("after", "danger"),
    [
        (changed(TableName="other"), "A new one takes its place, empty, because of TableName."),
        (changed(DeletionProtectionEnabled=False), "From now on it can be deleted by one call."),
        (TABLE | {"DeletionPolicy": "Delete"}, "From now on it would be deleted with its stack."),
        (changed(BillingMode="PROVISIONED"), ""),
    ],
)
def test_a_change_that_loses_data_is_told(after: dict[str, Any], danger: str) -> None:
    assert only(of(T=TABLE), of(T=after)).danger == danger


def test_another_type_under_the_same_name_is_a_removal() -> None:
    found = changes(of(T=TABLE), of(T={"Type": "AWS::SNS::Topic"}))
    assert [one.kind for one in found] == ["remove", "add"]
    assert found[0].danger


def test_a_line_says_where_what_and_why() -> None:
    assert str(only(of(T=TABLE), of(T=changed(TableName="b")))) == (
        "~ data/T AWS::DynamoDB::Table (TableName)  !! A new one takes its place, empty, because of TableName."
    )


def test_a_synthesized_stack_without_its_table_is_dangerous(prod: Assembly) -> None:
    before, after = prod.templates(), prod.templates()
    name = "fumibako-prod-data"
    for logical_id in of_type(after[name], "AWS::DynamoDB::Table"):
        del after[name]["Resources"][logical_id]
    assert len([one for one in changes(before, after) if one.danger]) == 2


def test_diff_against_nothing_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "--stage", "prod", "--against", str(tmp_path)]) == 2
    assert "assembly_missing" in capsys.readouterr().err


@pytest.mark.slow
def test_diff_tells_what_this_tree_would_change(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, prod: Assembly, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against a folder that holds one stack, with one property that differs."""
    name = "fumibako-prod-data.template.json"
    template = json.loads((prod.folder / name).read_text("utf-8"))
    (wrapped,) = [key for key in of_type(template, "AWS::DynamoDB::Table") if key.startswith("WrappedKeys")]
    template["Resources"][wrapped]["Properties"]["TableName"] = "another"
    (tmp_path / name).write_text(json.dumps(template), "utf-8")
    with packaged(tmp_path_factory):
        assert main(["diff", "--stage", "prod", "--against", str(tmp_path)]) == 1
    told = capsys.readouterr().out.splitlines()
    (dangerous,) = [line for line in told if "!!" in line]
    assert dangerous.startswith(f"~ fumibako-prod-data/{wrapped} AWS::DynamoDB::Table (TableName)")
    assert any(line.startswith("+ fumibako-prod-keys/") for line in told)
