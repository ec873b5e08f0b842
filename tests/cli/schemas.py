"""The schemas of spec/cli, and what real output has to say to them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.e2e.support.people import ROOT

FOLDER = ROOT / "spec" / "cli"


@cache
def validator(name: str) -> Draft202012Validator:
    """The schema of one verb, itself checked; a verb without one is an error."""
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def fits(name: str, document: Any) -> Any:
    """The document, once it is what the schema says."""
    problems = [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(document)]
    assert not problems, problems
    return document


def names() -> list[str]:
    """Every schema there is."""
    return sorted(path.name.removesuffix(".schema.json") for path in Path(FOLDER).glob("*.schema.json"))
