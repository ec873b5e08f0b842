"""Schemas, examples and vectors of events agree, and a transfer's life in use cases keeps to them (the apps: tests/service/reporting)."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from chalicelib.domain.tenant import DAY
from chalicelib.use_cases.receiving.start_download import StartDownload, start_download
from tests.unit.use_cases.auditing import Register
from tests.unit.use_cases.event_schemas import TYPES, outside, problems, schema, undeclared
from tests.unit.use_cases.living import LivingOffice
from tests.vectors_tools import event_vectors, write

SPEC = Path(__file__).resolve().parents[3] / "spec"
PLANTED = ("soto-san", "guest@example", "Guest", "図面", "zumen", "198.51.100")


@pytest.mark.parametrize("event_type", TYPES)
def test_a_schema_is_one_and_its_example_fits(event_type: str) -> None:
    found = schema(event_type)
    Draft202012Validator.check_schema(found)
    assert found["title"] == f"com.fumibako.{event_type}" == found["properties"]["type"]["const"]
    (example,) = found["examples"]
    assert problems(event_type, example) == []
    assert set(example["data"]) <= set(found["properties"]["data"]["properties"])


def test_the_page_names_every_type() -> None:
    table = (SPEC / "events.md").read_text("utf-8")
    assert sorted(set(re.findall(r"[a-z_]+\.[a-z_]+\.v\d+", table))) == TYPES


def test_the_page_names_every_member_of_data() -> None:
    rows = [line.split("|") for line in (SPEC / "events.md").read_text("utf-8").splitlines() if ".v1" in line]
    said = {name.strip(): row[3] for row in rows if len(row) > 4 for name in row[1].split(",")}
    for event_type in TYPES:
        members = set(schema(event_type)["properties"]["data"]["properties"]) - {"actor"}
        assert [name for name in members if name not in said[event_type]] == [], event_type


@pytest.mark.parametrize("name", write.names("events"))
def test_a_vector_fits_its_schema_or_does_not_as_it_says(name: str) -> None:
    vector = write.read("events", name)
    assert (problems(vector["type"], vector["event"]) == []) is (vector["expect"] == "valid")


def test_vectors_are_as_their_generator_writes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "FOLDER", tmp_path)
    event_vectors.make()
    made = {path.name: path.read_text("utf-8") for path in (tmp_path / "events").iterdir()}
    assert made == {path.name: path.read_text("utf-8") for path in (SPEC / "vectors/events").iterdir()}


def test_a_life_in_use_cases_keeps_to_the_schemas_and_tells_nobodys_name() -> None:
    office = LivingOffice()
    register = Register(office.ctx)
    office.sweep()
    created = office.send([b"hello"], title="図面", network="198.51.100.4", hold_minutes=0, expires_in_minutes=3_000)
    events = office.work()
    start_download(office.ctx, office.guest(created), StartDownload(created.head.id, network="198.51.100.5"))
    office.ctx.clock.advance(3 * DAY)
    events += office.settle()
    assert len({event.type for event in events}) >= 5
    for event in events:
        assert (event.type, problems(event.type, outside(event)), undeclared(event)) == (event.type, [], set())
        assert [word for word in PLANTED if word in json.dumps(event.data, ensure_ascii=False)] == []
    assert register.log(*events) == set()
    register.form()
    assert sorted(register.ids()) == sorted(event.id for event in events)
